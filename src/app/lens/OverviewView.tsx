import type { HeadSummary } from '../../model/lens/summary';
import { percent } from '../format';
import { usePlaygroundState } from '../playground-context';
import { tintColour } from '../tint-scale';
import { Caption, Held, Problem, useLensView, Waiting } from './parts';
import { tokens } from './scales';
import { useLens } from './use-lens';

const BARS: { name: string; of(head: HeadSummary): number; words(head: HeadSummary): string }[] = [
  { name: 'mean distance', of: (h) => logPart(h.distance), words: (h) => `${tokens(h.distance)} tokens` },
  { name: 'previous token', of: (h) => h.previous, words: (h) => percent(h.previous) },
  { name: 'before the window', of: (h) => h.earlier, words: (h) => percent(h.earlier) },
  { name: 'silent tokens', of: (h) => h.silent, words: (h) => percent(h.silent) },
];

/** A summary of every head; a click opens the head's matrix. */
export default function OverviewView() {
  const [, set] = useLensView();
  const isWriting = usePlaygroundState(({ work }) => work.phase !== 'idle');
  const { answer, problem, isBusy } = useLens('overview', { every: isWriting ? 8 : 1 });
  if (problem) return <Problem problem={problem} />;
  if (!answer) return isBusy ? <Waiting>Computing every head …</Waiting> : null;
  const { heads } = answer.answer;
  return (
    <>
      <div className="lens-scroll">
        <table className="lens-heads">
          <caption className="for-listeners">
            Effective span of each head in tokens, and other measures of concentration
          </caption>
          <thead>
            <tr>
              <td />
              {heads[0].map((_, head) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: heads are numbered
                <th key={head} scope="col">
                  head {head + 1}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {heads.map((row, layer) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: layers are numbered
              <tr key={layer}>
                <th scope="row">layer {layer + 1}</th>
                {row.map((head, n) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: heads are numbered
                  <td key={n}>
                    <Head summary={head} onOpen={() => set({ mode: 'matrix', layer, head: n })} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul className="lens-key">
        <li>
          <b>number and tint</b> effective span in tokens
        </li>
        {BARS.map(({ name }, n) => (
          <li key={name}>
            <b>bar {n + 1}</b> {name}
            {n === 0 ? ', log scale up to 512 tokens' : ', share of the total'}
          </li>
        ))}
      </ul>
      <Caption formula="span = exp(−Σⱼ p(i, j) ln p(i, j)); distance = Σⱼ p(i, j) (i − j)">
        Means over {isWriting ? 'every eighth of ' : ''}the {answer.count} tokens of the window, without
        silent tokens.
        {answer.before > 0
          ? ` ${answer.before} tokens of this document lie before the window. The lens has only their total share. A span is therefore a range, from all of that share on one token to an even spread, and the distance is a lower bound.`
          : ''}{' '}
        A token is silent if its query is zero: the head then attends to nothing.
      </Caption>
      <Held answer={answer} />
    </>
  );
}

function Head({ summary, onOpen }: { summary: HeadSummary; onOpen(): void }) {
  const [low, high] = summary.span;
  const span = high > 1.05 * low ? `${tokens(low)}–${tokens(high)}` : tokens(low);
  const rest = BARS.map(({ name, words }) => `${name} ${words(summary)}`).join(', ');
  const life = Number.isFinite(summary.halfLife) ? `, half-life ${tokens(summary.halfLife)} tokens` : '';
  return (
    <button
      type="button"
      className="lens-head"
      style={{ background: tintColour(logPart(low)) ?? undefined }}
      aria-label={`Span ${span} tokens, ${rest}${life}. Open the matrix.`}
      data-tip={`span ${span} tokens, ${rest}${life}`}
      onClick={onOpen}
    >
      <span>{span}</span>
      {BARS.map(({ name, of }) => (
        <i key={name} style={{ backgroundSize: `${100 * Math.min(of(summary), 1)}% 100%` }} />
      ))}
    </button>
  );
}

/** Logarithmic: 0 for one token, 1 for 512. */
function logPart(count: number): number {
  return Math.min(Math.log(Math.max(count, 1)) / Math.log(512), 1);
}
