import type { LensAnswer } from '../../workers/lens/messages';
import { PAPER } from '../address';
import { bytes } from '../format';
import { SavePicture } from '../pictures/SavePicture';
import { usePlaygroundState } from '../playground-context';
import { headsDrawing, wordsDrawing } from './drawings';
import { type Shown, saveShown } from './export';
import { KIND_WORDS } from './HeadGrid';
import { KINDS } from './MatrixView';
import { Formula } from './parts';
import { useSource } from './use-source';

const FORMULAS = [
  ['Share of attention', KINDS.share.formula],
  ['Similarity alone', KINDS.similarity.formula],
  ['Re-weighting of a pair', KINDS.reweighting.formula],
  ['Decay from j to i', 'D(i, j) = aⱼ₊₁ … aᵢ'],
  ['Contribution', KINDS.output.formula],
  ['Effective span, in tokens', 'exp(−Σⱼ p(i, j) ln p(i, j))'],
  ['The state of a head', 'S ← a S + k̃ vᵀ,  z ← a z + k̃'],
] as const;

/** How the lens computes its numbers, and what they do not show. */
export function Method({ answer, shown }: { answer: LensAnswer | null; shown: Shown | null }) {
  const source = useSource();
  const config = usePlaygroundState(({ engine }) => (engine.phase === 'ready' ? engine.info.config : null));
  return (
    <details className="lens-method">
      <summary>Method</summary>
      {shown ? (
        <p className="lens-actions">
          <button type="button" className="pill" onClick={() => saveShown(shown)}>
            Save what is shown as JSON
          </button>
          <SavePicture form="svg" draw={() => wordsDrawing(shown.reading, shown.head, source)}>
            Save the words as SVG
          </SavePicture>
          {shown.heads ? (
            <SavePicture form="svg" draw={() => headsDrawing(shown.heads!, source)}>
              Save the heads as SVG
            </SavePicture>
          ) : null}
        </p>
      ) : null}
      <dl>
        {FORMULAS.map(([name, formula]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Formula>{formula}</Formula>
            </dd>
          </div>
        ))}
      </dl>
      <p>
        The model never stores this matrix. It stores S and z, whose size is the same at every length of the
        text. The lens computes the matrix for the last tokens.
        {answer
          ? ` It covers tokens ${answer.start} to ${answer.start + answer.count - 1}${answer.start > 0 ? '; earlier tokens count as one sum' : ''}, and uses ${bytes(answer.bytes)} while it is open.`
          : ''}
      </p>
      <p>
        {config?.normalizer === 'rms'
          ? 'This model normalizes the output of each head, so it is a convention that shares sum to 1. '
          : ''}
        Shares ignore the size of the values. A mean over heads is a mean, not an attribution; heads that
        ignore a token count as 0.
        {config?.convKernel
          ? ' A short convolution mixes each token with the three before it, so a share of token j is about tokens j − 3 to j.'
          : ''}
      </p>
      <p>Heads are named by the first rule that holds on the window:</p>
      <ul>
        {Object.entries(KIND_WORDS).map(([kind, words]) => (
          <li key={kind}>
            <b>{kind}</b>: {words}
          </li>
        ))}
      </ul>
      <p>
        The switch runs this model with other proportions from an empty state, over at most 512 tokens. By
        position is cosFormer’s rule, min(position / 512, 1).
        {config?.normalizer === 'rms' ? ' Off equals proportions frozen at any constant.' : ''} Perplexity is
        exp of the mean loss.
      </p>
      <p>
        <a href={PAPER}>LeaPformer, arXiv 2405.13046</a>;{' '}
        <a href="https://arxiv.org/abs/2202.08791">cosFormer, arXiv 2202.08791</a>.
      </p>
    </details>
  );
}
