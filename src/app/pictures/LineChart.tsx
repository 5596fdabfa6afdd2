import type { ReactNode } from 'react';
import { linearTicks } from '../benchmark/ticks';
import { NARROW, useMedia } from '../use-media';

const [HEIGHT, LEFT, BOTTOM, TOP] = [180, 34, 22, 10];

/** The area of a chart, in its coordinates. */
interface Area {
  readonly left: number;
  readonly right: number;
  /** The place of a value. */
  y(value: number): number;
}

interface Props {
  /** Everything that the chart shows, for the scale, which begins at 0. */
  readonly values: readonly number[];
  /** Describes the chart in words. */
  readonly label: string;
  /** The end of the horizontal axis, which begins at 0. */
  readonly end: string;
  children(area: Area): ReactNode;
}

/** A chart of lines with its axes. */
export function LineChart({ values, label, end, children }: Props) {
  const width = useMedia(NARROW) ? 320 : 640;
  const ticks = linearTicks(Math.max(1, ...values));
  const y = (value: number) => HEIGHT - BOTTOM - (value / ticks.at(-1)!) * (HEIGHT - BOTTOM - TOP);
  return (
    <svg viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
      <g className="picture-axis">
        {ticks.map((tick) => (
          <g key={tick}>
            <path d={`M${LEFT} ${y(tick)}H${width}`} />
            <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
              {tick}
            </text>
          </g>
        ))}
        <text x={LEFT} y={HEIGHT - 4}>
          0
        </text>
        <text x={width} y={HEIGHT - 4} textAnchor="end">
          {end}
        </text>
      </g>
      {children({ left: LEFT, right: width, y })}
    </svg>
  );
}
