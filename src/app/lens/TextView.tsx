import { memo } from 'react';
import { useStore } from 'zustand';
import { positionOf } from '../../model/text/token-index';
import { Select } from '../components/controls/Choice';
import { percent } from '../format';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { KINDS } from './MatrixView';
import { Caption, HeadPick, Held, Problem, TokenStepper, useLensView, Waiting } from './parts';
import { useLens, useWords } from './use-lens';
import { usePaint } from './use-paint';

const MOST_LISTED = 8;

/** Tints the text by the attention of the chosen token, and lists the largest shares. */
export default function TextView() {
  const [view, set] = useLensView();
  const { spread, measure } = view;
  const config = usePlaygroundState(({ engine }) => (engine.phase === 'ready' ? engine.info.config : null));
  const words = useWords();
  const { answer, problem } = useLens('row', {
    layer: spread === 'all' ? null : view.layer,
    head: spread === 'head' ? view.head : null,
    measure,
  });
  const row = answer?.answer ?? null;
  usePaint(answer?.start ?? 0, row?.shares ?? null);
  if (problem) return <Problem problem={problem} />;
  if (!answer || !row) return <Waiting />;
  const token = answer.start + row.shares.length - 1;
  const isMean = row.heads > 1;
  return (
    <>
      <div className="lens-picks">
        <Select
          name="Heads"
          value={spread}
          options={[
            { value: 'head', name: 'one head' },
            { value: 'layer', name: 'a layer, mean' },
            { value: 'all', name: 'all heads, mean' },
          ]}
          onChange={(spread) => set({ spread })}
        />
        {spread === 'all' ? null : <HeadPick withHead={spread === 'head'} />}
        <Select
          name="Measure"
          value={measure}
          options={[
            { value: 'share', name: 'attention' },
            { value: 'output', name: 'contribution' },
          ]}
          onChange={(measure) => set({ measure })}
        />
      </div>
      <TokenStepper words={words} />
      {row.silent === row.heads ? (
        <p className="lens-finding">This head is silent here: its query is zero, so it attends to nothing.</p>
      ) : (
        <>
          <Hovered start={answer.start} shares={row.shares} />
          <Strongest shares={row.shares} earlier={row.earlier} start={answer.start} words={words} />
        </>
      )}
      <Caption
        formula={
          measure === 'share' ? `${KINDS.share.formula}, Wᵢ = q̃ᵢ·zᵢ` : `${KINDS.output.formula}, uᵢ = q̃ᵢᵀ Sᵢ`
        }
      >
        {measure === 'share'
          ? `The share of attention that “${words.of(token)}” gives to each token. The shares, with that of the tokens before the window, sum to 1.`
          : `The contribution of each token to the output for “${words.of(token)}”, along that output. Tokens that cancel others are negative (orange). The contributions, with that of the tokens before the window, sum to 1.`}
        {isMean
          ? ` This is a mean over ${row.heads} heads, not an attribution${row.silent ? `; ${row.silent} silent heads count as 0` : ''}.`
          : ''}
        {row.gain === null
          ? ''
          : ` In the model, this row sums to ${row.gain.toFixed(2)} = W / max(W, ${config?.denominatorFloor}).`}
        {config?.normalizer === 'rms' && measure === 'share'
          ? ' This model normalizes the output of each head, which cancels the scale of the row. The sum of 1 is a convention and does not reflect the size of the output.'
          : ''}
        {config?.convKernel
          ? ' A short convolution mixes each token with the three before it, so token j stands for tokens j − 3 to j.'
          : ''}
      </Caption>
      <Held answer={answer} />
    </>
  );
}

function Hovered({ start, shares }: { start: number; shares: Float32Array }) {
  const { tokens } = usePlayground();
  const hovered = useStore(tokens, (state) => state.hovered);
  const words = useWords();
  const share = hovered === null ? undefined : shares[positionOf(hovered) - start];
  return (
    <p className="lens-hovered">
      {hovered === null
        ? 'Hover a word for its share; click to look from it.'
        : share === undefined
          ? `“${words.of(positionOf(hovered))}” lies ${positionOf(hovered) < start ? 'before the window' : 'after the token'}.`
          : `“${words.of(positionOf(hovered))}”: ${percent(share)}`}
    </p>
  );
}

interface StrongestProps {
  readonly shares: Float32Array;
  readonly earlier: number;
  readonly start: number;
  readonly words: ReturnType<typeof useWords>;
}

/** The tokens with the largest shares. The list re-renders only for new shares, not while the text grows. */
const Strongest = memo(
  ({ shares, earlier, start, words }: StrongestProps) => {
    const order = Array.from(shares.keys()).sort((a, b) => Math.abs(shares[b]) - Math.abs(shares[a]));
    const rows = order.slice(0, MOST_LISTED).map((j) => {
      const back = shares.length - 1 - j;
      return {
        name: words.of(start + j),
        where: back === 0 ? 'itself' : back === 1 ? '1 token earlier' : `${back} tokens earlier`,
        share: shares[j],
      };
    });
    if (start > 0) rows.push({ name: 'earlier, all', where: `${start} tokens`, share: earlier });
    const most = Math.max(...rows.map(({ share }) => Math.abs(share)), 1e-9);
    return (
      <table className="lens-bars">
        <caption className="for-listeners">Largest shares</caption>
        <tbody>
          {rows.map(({ name, where, share }) => (
            <tr key={`${name} ${where}`}>
              <th scope="row">{name}</th>
              <td className="lens-where">{where}</td>
              <td className="lens-bar" aria-hidden="true">
                <i
                  className={share < 0 ? 'negative' : ''}
                  style={{ width: `${(100 * Math.abs(share)) / most}%` }}
                />
              </td>
              <td className="lens-number">{percent(share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    );
  },
  (before, after) => before.shares === after.shares,
);
