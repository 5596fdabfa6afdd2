import type { Config } from '../../../model/core/config';
import { cacheBytes } from '../../../model/runtime/snapshot';
import { SNAPSHOT_BUDGET } from '../../../workers/snapshot-store';
import { decades } from '../../benchmark/ticks';
import { bytes, count, milliseconds, perSecond } from '../../format';
import { SaveChart } from '../../pictures/SavePicture';
import { usePlaygroundState } from '../../playground-context';

interface Props {
  readonly config: Config;
  /** bytes of the state */
  readonly state: number;
  /** Null until the model has read the text. */
  readonly tokens: number | null;
  /** Tokens of a long text, for comparison. */
  readonly far: number;
}

/** The memory of the state beside that of a key-value cache, and the memory that the page adds. */
export default function Memory({ config, state, tokens, far }: Props) {
  const figures = usePlaygroundState((state) => state.figures);
  const name = usePlaygroundState(({ engine }) =>
    engine.phase === 'ready' ? engine.info.manifest.name : '',
  );
  const windowBytes = usePlaygroundState((state) => state.lensBytes);
  const ms = figures?.msPerToken;
  const snapshots = figures?.snapshotCount ?? 0;
  const kept = snapshots === 1 ? '1 snapshot' : `${snapshots} snapshots`;
  return (
    <>
      <h2>Memory</h2>
      <figure className="memory-chart">
        <Chart config={config} state={state} tokens={tokens} far={far} />
        <SaveChart
          file="memory"
          title="Memory by the length of the text"
          legend={[
            { name: 'the whole memory of this model', of: '.chart-state' },
            { name: 'a float16 key-value cache, computed', of: '.chart-cache' },
          ]}
          notes={[
            'Bytes by number of tokens, both on logarithmic scales.',
            `${name}, LeaPformer Playground.`,
          ]}
        />
      </figure>
      <p>
        <b className="meter-state">This model’s whole memory</b> of the text is <b>{bytes(state)}</b>. It
        stays that size at {count(far)} tokens.
      </p>
      <p>
        Standard attention keeps <b className="meter-cache">a key-value cache</b> instead. For a model of this
        shape, a float16 cache would take{' '}
        {tokens === null
          ? ''
          : `${bytes(cacheBytes(config, 1 + tokens))} after these ${count(tokens)} tokens and `}
        {bytes(cacheBytes(config, far))} after {count(far)}.
      </p>
      <p>
        <b>Snapshots</b> for fast undo add at most {bytes(SNAPSHOT_BUDGET)}. Now: {kept},{' '}
        {bytes(figures?.snapshotBytes ?? 0)}.
      </p>
      {ms ? (
        <p>
          <b>The last generation</b> took {milliseconds(ms)} per token: {perSecond(1000 / ms)} tokens/s.
        </p>
      ) : null}
      {windowBytes === null ? null : (
        <p>
          <b>The open lens</b> adds {bytes(windowBytes)} for its window of the text and {bytes(state)} for a
          state of its own. Closing it frees both.
        </p>
      )}
    </>
  );
}

const SIZE = { width: 320, height: 156 };
const PLOT = { left: 52, right: 308, top: 8, bottom: 122 }; // px
const FIRST = 10; // tokens

/** Bytes by tokens, both on logarithmic axes. */
function Chart({ config, state, tokens, far }: Props) {
  const lengths = decades(FIRST, far);
  const sizes = decades(Math.min(state, cacheBytes(config, FIRST)), Math.max(state, cacheBytes(config, far)));
  const x = logScale(lengths, PLOT.left, PLOT.right);
  const y = logScale(sizes, PLOT.bottom, PLOT.top);
  const cacheTo = (n: number) => `${x(n)} ${y(cacheBytes(config, n))}`;
  const here = tokens === null ? null : Math.min(Math.max(1 + tokens, FIRST), far);
  const { left, right, bottom } = PLOT;
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
      role="img"
      aria-label={`Memory by length: ${bytes(state)} at every length; a cache grows to ${bytes(cacheBytes(config, far))} at ${count(far)} tokens`}
    >
      {sizes.map((size) => (
        <g key={size}>
          <path className="chart-grid" d={`M${left} ${y(size)}H${right}`} />
          <text x={left - 6} y={y(size) + 3.5} textAnchor="end">
            {bytes(size)}
          </text>
        </g>
      ))}
      {lengths.map((n) => (
        <text key={n} x={x(n)} y={bottom + 16} textAnchor={n === far ? 'end' : 'middle'}>
          {count(n)}
        </text>
      ))}
      <text x={(left + right) / 2} y={SIZE.height - 3} textAnchor="middle">
        tokens
      </text>
      <path className="chart-cache" d={`M${cacheTo(FIRST)}L${cacheTo(here ?? FIRST)}`} />
      <path className="chart-ahead" d={`M${cacheTo(here ?? FIRST)}L${cacheTo(far)}`} />
      <path className="chart-state" d={`M${left} ${y(state)}H${right}`} />
      {here === null ? null : (
        <>
          <circle className="chart-cache-now" cx={x(here)} cy={y(cacheBytes(config, here))} r="2.5" />
          <circle className="chart-state-now" cx={x(here)} cy={y(state)} r="2.5" />
        </>
      )}
    </svg>
  );
}

/** Maps the range of the ticks to [from, to], logarithmically. */
function logScale(ticks: readonly number[], from: number, to: number): (n: number) => number {
  const [least, most] = [Math.log(ticks[0]), Math.log(ticks.at(-1)!)];
  return (n) => from + ((Math.log(n) - least) / (most - least)) * (to - from);
}
