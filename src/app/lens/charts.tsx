import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { SaveChart } from '../pictures/SavePicture';

/** Small SVG charts with accessible names. */

interface Line {
  readonly name: string;
  readonly className: string;
  readonly values: ArrayLike<number>;
}

/** How a chart is saved: its file, title and notes. */
export interface Saved {
  readonly file: string;
  readonly title: string;
  readonly notes: readonly string[];
}

interface CurvesProps extends Saved {
  readonly lines: readonly Line[];
  readonly range: readonly [number, number];
  /** Makes the vertical axis logarithmic. */
  readonly isLog?: boolean;
  readonly ticks: readonly { readonly value: number; readonly name: string }[];
  /** Position of the first value. */
  readonly start: number;
  /** Index of the marked value. */
  readonly at: number;
  readonly label: string;
  /** Called with the index that the user clicks. The views' own controls do the same from the keyboard. */
  onPick(place: number): void;
}

const HEIGHT = 150;
const LEFT = 44;
const BOTTOM = 18;

/** A line chart of values along the text. */
export function Curves(props: CurvesProps) {
  const { lines, range, isLog = false, ticks, start, at, label, onPick, file, title, notes } = props;
  const [low, high] = range;
  const [figure, width] = useWidth();
  const n = Math.max(...lines.map(({ values }) => values.length), 2);
  const place = (value: number) => {
    const v = isLog
      ? Math.log(Math.max(value, low) / low) / Math.log(high / low)
      : (value - low) / (high - low);
    return 6 + (1 - Math.min(Math.max(v, 0), 1)) * (HEIGHT - BOTTOM - 6);
  };
  const x = (i: number) => LEFT + (i / (n - 1)) * (width - LEFT - 4);
  const pick = ({ clientX, currentTarget }: PointerEvent) => {
    const across = clientX - currentTarget.getBoundingClientRect().left - LEFT;
    onPick(Math.min(Math.max(Math.round((across / (width - LEFT - 4)) * (n - 1)), 0), n - 1));
  };
  return (
    <figure className="lens-chart" ref={figure}>
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={label}
        onPointerDown={pick}
        onPointerMove={(event) => event.buttons === 1 && pick(event)}
      >
        {ticks.map(({ value, name }) => (
          <g key={name} className="chart-tick">
            <path d={`M${LEFT} ${place(value)}H${width - 4}`} />
            <text x={LEFT - 6} y={place(value) + 4} textAnchor="end">
              {name}
            </text>
          </g>
        ))}
        {lines.map(({ name, className, values }) => (
          <path key={name} className={`chart-line ${className}`} d={path(values, x, place)} />
        ))}
        <path className="chart-at" d={`M${x(at)} 4V${HEIGHT - BOTTOM}`} />
        <text className="chart-end" x={LEFT} y={HEIGHT - 4}>
          token {start}
        </text>
        <text className="chart-end" x={width - 4} y={HEIGHT - 4} textAnchor="end">
          {start + n - 1}
        </text>
      </svg>
      <figcaption className="chart-foot">
        {lines.length > 1 ? (
          <span className="chart-key">
            {lines.map(({ name, className }) => (
              <span key={name} className={className}>
                {name}
              </span>
            ))}
          </span>
        ) : null}
        <SaveChart
          file={file}
          title={title}
          notes={notes}
          legend={lines.map(({ name, className }) => ({ name, of: `.chart-line.${className}` }))}
        />
      </figcaption>
    </figure>
  );
}

/** The chart's width in pixels. The SVG is not scaled, so its text has the same size in a rail and on a phone. */
function useWidth() {
  const figure = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(320);
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWidth(Math.max(contentRect.width, 120)));
    observer.observe(figure.current!);
    return () => observer.disconnect();
  }, []);
  return [figure, width] as const;
}

/** A path through the values, with gaps at NaN. */
function path(values: ArrayLike<number>, x: (i: number) => number, y: (value: number) => number): string {
  let d = '';
  let isDown = false;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) isDown = false;
    else {
      d += `${isDown ? 'L' : 'M'}${x(i).toFixed(1)} ${y(values[i]).toFixed(1)}`;
      isDown = true;
    }
  }
  return d;
}

interface ScatterProps extends Saved {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly names: readonly [string, string];
  readonly at: number;
  readonly label: string;
}

const SIDE = 220;

/** A scatter plot of the unit square. */
export function Scatter({ x, y, names, at, label, ...saved }: ScatterProps) {
  const place = (value: number) => 30 + value * (SIDE - 36);
  const spot = (i: number) => ({ cx: place(x[i]), cy: SIDE - place(y[i]) });
  return (
    <figure>
      <svg className="lens-scatter" viewBox={`0 0 ${SIDE} ${SIDE}`} role="img" aria-label={label}>
        <path className="chart-frame" d={`M30 6V${SIDE - 30}H${SIDE - 6}`} />
        <path className="chart-diagonal" d={`M30 ${SIDE - 30}L${SIDE - 6} 6`} />
        {Array.from(x, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a point is identified by its position in the text
          <circle key={i} className="chart-dot" r="2" {...spot(i)} />
        ))}
        {at >= 0 && at < x.length ? <circle className="chart-dot-at" r="4.5" {...spot(at)} /> : null}
        <text x={SIDE - 6} y={SIDE - 12} textAnchor="end">
          {names[0]} →
        </text>
        <text x="4" y="14">
          ↑ {names[1]}
        </text>
      </svg>
      <SaveChart {...saved} legend={[{ name: 'one token', of: '.chart-dot' }]} />
    </figure>
  );
}
