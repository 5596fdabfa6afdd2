import type { Config } from '../../model/core/config';
import { Select } from '../components/controls/Choice';
import type { Head, UnitAttention } from '../store/translation/attention';

const AVERAGE = -1;
const [WIDTH, HEIGHT, LEFT, EDGE] = [320, 120, 30, 10];

interface Props {
  /** The text of the written unit. */
  readonly unit: string;
  readonly attention: UnitAttention;
  readonly config: Config;
  readonly head: Head | null;
  onHead(head: Head | null): void;
}

/** The head whose attention the staircase shows, and its proportions along the source and the translation. */
export function Lens({ unit, attention, config, head, onHead }: Props) {
  const { heads, layers } = config;
  const all = Array.from({ length: layers * heads }, (_, n) => ({
    value: n,
    name: `Head ${Math.floor(n / heads) + 1}.${(n % heads) + 1}`,
  }));
  const { onSource, proportions } = attention;
  return (
    <section className="translate-lens" aria-label="Lens">
      <Select
        name="Lens"
        value={head ? head.layer * heads + head.head : AVERAGE}
        options={[{ value: AVERAGE, name: 'Average of all heads' }, ...all]}
        onChange={(n) => onHead(n === AVERAGE ? null : { layer: Math.floor(n / heads), head: n % heads })}
      />
      <p>
        <small>
          When the model began to write “{unit}”, {Math.round(100 * onSource)}% of this attention was on the
          source. The bars divide that part among the words.
          {head ? '' : ' Choose a head to see its proportions.'}
        </small>
      </p>
      {proportions ? <Proportions {...proportions} /> : null}
    </section>
  );
}

/** Key proportions along the source and query proportions along the translation, each from 0 to 1. */
function Proportions({ keys, queries }: NonNullable<UnitAttention['proportions']>) {
  const x = (n: number, count: number) => LEFT + ((n + 0.5) / Math.max(1, count)) * (WIDTH - LEFT);
  const y = (value: number) => EDGE + (1 - value) * (HEIGHT - 2 * EDGE);
  const points = (values: readonly number[]) =>
    values.map((value, n) => `${x(n, values.length)},${y(value)}`).join(' ');
  return (
    <figure>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Proportions: keys of the source ${listed(keys)}; queries of the translation ${listed(queries)}`}
      >
        <g className="picture-axis">
          {[0, 1].map((value) => (
            <g key={value}>
              <path d={`M${LEFT} ${y(value)}H${WIDTH}`} />
              <text x={LEFT - 6} y={y(value) + 4} textAnchor="end">
                {value}
              </text>
            </g>
          ))}
        </g>
        <polyline className="picture-line" points={points(keys)} />
        <polyline className="picture-line translate-queries" points={points(queries)} />
      </svg>
      <figcaption>
        <small>
          The proportions of this head along the sentence: keys of the source words (solid), queries of the
          written words (dashed). Attention is stronger where the two are close.
        </small>
      </figcaption>
    </figure>
  );
}

function listed(values: readonly number[]): string {
  return values.map((value) => value.toFixed(2)).join(', ') || 'none';
}
