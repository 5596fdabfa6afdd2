import type { BackendReport, DeviceReport } from '../../workers/benchmark-client';
import type { Estimate } from '../../workers/statistics';
import { bytes, count, milliseconds } from '../format';
import { decades, linearTicks } from './ticks';

const WIDTH = 320;

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly words: string;
}

/** A horizontal bar chart with labels and values. */
export function Bars({ label, bars }: { label: string; bars: readonly Bar[] }) {
  const most = Math.max(...bars.map(({ value }) => value));
  const row = 38;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${bars.length * row}`} role="img" aria-label={`${label}: ${spoken(bars)}`}>
      {bars.map(({ label: name, value, words }, i) => (
        <g key={name} transform={`translate(0 ${i * row})`}>
          <text y="12">{name}</text>
          <text className="picture-value" x={WIDTH} y="12" textAnchor="end">
            {words}
          </text>
          <rect className="picture-track" y="19" width={WIDTH} height="8" rx="2" />
          <rect
            className="picture-bar"
            y="19"
            width={Math.max(2, (value / most) * WIDTH)}
            height="8"
            rx="2"
          />
        </g>
      ))}
    </svg>
  );
}

function spoken(bars: readonly Bar[]): string {
  return bars.map(({ label, words }) => `${label} ${words}`).join(', ');
}

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [58, 12, 12, 24, 150];
const SPAN = WIDTH - LEFT - RIGHT;

/** x of the n-th place. Places are evenly spaced, because their positions grow by a factor. */
const placeAt = (n: number, places: number) => LEFT + ((n + 0.5) / places) * SPAN;

/** Milliseconds per token at each place, with intervals; the axis starts at 0. */
export function Flatness({ places }: Pick<BackendReport, 'places'>) {
  const ticks = linearTicks(Math.max(...places.map(({ decode }) => decode.high)));
  const y = (ms: number) => HEIGHT - BOTTOM - (ms / ticks.at(-1)!) * (HEIGHT - TOP - BOTTOM);
  const points = places.map(({ position, decode }, n) => ({
    position,
    decode,
    x: placeAt(n, places.length),
  }));
  const words = points.map(({ position, decode }) => `${milliseconds(decode.median)} at ${count(position)}`);
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Time per token: ${words.join(', ')}`}>
      <Axis ticks={ticks.map((ms) => ({ y: y(ms), words: milliseconds(ms) }))} places={points} />
      <polyline
        className="picture-line"
        points={points.map(({ x, decode }) => `${x},${y(decode.median)}`).join(' ')}
      />
      {points.map(({ x, decode }) => (
        <Point key={x} x={x} y={y} estimate={decode} />
      ))}
    </svg>
  );
}

function Point({ x, y, estimate }: { x: number; y(ms: number): number; estimate: Estimate }) {
  return (
    <g>
      <path className="picture-interval" d={`M${x} ${y(estimate.low)}V${y(estimate.high)}`} />
      <circle className="picture-dot" cx={x} cy={y(estimate.median)} r="3" />
    </g>
  );
}

/** Bytes of the state and of a key-value cache at each place, on a log scale. */
export function Memory({ report, state }: { report: DeviceReport; state: number }) {
  const { positions, cacheBytes } = report;
  const ticks = decades(Math.min(state, ...cacheBytes), Math.max(state, ...cacheBytes));
  const [low, high] = [ticks[0], ticks.at(-1)!].map(Math.log10);
  const y = (n: number) => HEIGHT - BOTTOM - ((Math.log10(n) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const places = positions.map((position, n) => ({ position, x: placeAt(n, positions.length) }));
  const cache = places.map(({ x }, n) => `${x},${y(cacheBytes[n])}`).join(' ');
  const last = places.at(-1)!.x;
  const words = `state ${bytes(state)} at every position, cache ${bytes(cacheBytes[0])} to ${bytes(cacheBytes.at(-1)!)}`;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Memory: ${words}`}>
      <Axis ticks={ticks.map((n) => ({ y: y(n), words: bytes(n) }))} places={places} />
      <polyline className="picture-other" points={cache} />
      <path className="picture-line" d={`M${places[0].x} ${y(state)}H${last}`} />
      {places.map(({ x }, n) => (
        <g key={x}>
          <circle className="picture-dot" cx={x} cy={y(state)} r="3" />
          <circle className="picture-other-dot" cx={x} cy={y(cacheBytes[n])} r="3" />
        </g>
      ))}
    </svg>
  );
}

interface AxisProps {
  readonly ticks: readonly { readonly y: number; readonly words: string }[];
  readonly places: readonly { readonly x: number; readonly position: number }[];
}

function Axis({ ticks, places }: AxisProps) {
  const floor = HEIGHT - BOTTOM;
  return (
    <g className="picture-axis">
      <path d={`M${LEFT} ${TOP}V${floor}H${WIDTH - RIGHT}`} />
      {ticks.map(({ y, words }) => (
        <g key={words}>
          <path d={`M${LEFT - 3} ${y}H${LEFT}`} />
          <text x={LEFT - 5} y={y + 4} textAnchor="end">
            {words}
          </text>
        </g>
      ))}
      {places.map(({ x, position }) => (
        <text key={x} x={x} y={HEIGHT - 6} textAnchor="middle">
          {count(position)}
        </text>
      ))}
    </g>
  );
}
