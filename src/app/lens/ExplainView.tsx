import { useMemo, useState } from 'react';
import type { MatrixKind } from '../../model/lens/measures';
import { usePlaygroundState } from '../playground-context';
import { HeatMap } from './HeatMap';
import { KINDS } from './MatrixView';
import { Formula, HeadPick, Legend, Problem, useLensView, Waiting } from './parts';
import { percent, scaleKind, scaleOf } from './scales';
import { useLens, useWords } from './use-lens';

interface Step {
  readonly title: string;
  readonly of: MatrixKind;
  readonly words: string;
  readonly formula: string;
}

const PAPER = 'https://arxiv.org/abs/2405.13046';

const STEPS: readonly Step[] = [
  {
    title: 'Every token looks back',
    of: 'similarity',
    words:
      'For each token a head makes a query, a key and a value. How much token i wants of token j is how alike its query and j’s key are. Both pass through relu, so nothing is negative. The picture is your text: rows look, columns are looked at.',
    formula: 'qᵢ·kⱼ ≥ 0',
  },
  {
    title: 'Each token finds its place',
    of: 'reweighting',
    words:
      'Similar words are not always the ones that matter. LeaPformer lets two small networks give every token a proportion between 0 and 1: where it stands as one that looks, and where as one that is looked at. Pairs whose proportions agree keep their weight; others lose it. Fixed positions (cosFormer) can only prefer what is near.',
    formula: 'cos(π/2 (Pqᵢ − Pkⱼ))',
  },
  {
    title: 'Together they concentrate',
    of: 'share',
    words:
      'Similarity times re-weighting, times what the gates have left of the past, divided by the row’s sum: the attention of this head. Where few cells of a row are bright, the head concentrates; where all are alike, it takes a mean.',
    formula: 'p(i, j) = (qᵢ·kⱼ) cos(π/2 (Pqᵢ − Pkⱼ)) D(i, j) / Wᵢ',
  },
  {
    title: 'And yet no matrix is kept',
    of: 'share',
    words:
      'The cosine of a difference splits into products, cos a cos b + sin a sin b, so each key can be added to a sum of fixed size. That is the whole memory of the head, at token 10 and at token 100,000. The lens works the matrix out again for your window; the model never has it.',
    formula: 'S ← a S + k̃ vᵀ,  z ← a z + k̃;  k̃ = [k cos(π/2 Pk), k sin(π/2 Pk)]',
  },
  {
    title: 'What it gives to the output',
    of: 'output',
    words:
      'A large share of attention need not matter: the value behind it may be small, or cancelled by another. The signed measure shows what each token gave to the head’s output, along it; orange takes away.',
    formula: 's(i, j) = p(i, j) Wᵢ (vⱼ·uᵢ) / |uᵢ|²,  uᵢ = q̃ᵢᵀ Sᵢ',
  },
];

/** A short tour of the method on the reader's own text. */
export default function ExplainView() {
  const [{ layer, head, step }, set] = useLensView();
  const config = usePlaygroundState(({ engine }) => (engine.phase === 'ready' ? engine.info.config : null));
  const words = useWords();
  const steps = STEPS.filter(({ of }) => of !== 'reweighting' || config?.reweighting !== 'none');
  const at = Math.min(step, steps.length - 1);
  const { title, of, words: says, formula } = steps[at];
  const { answer, problem, isBusy } = useLens('matrix', { layer, head, of });
  return (
    <>
      <div className="lens-actions">
        <button type="button" className="pill" disabled={at === 0} onClick={() => set({ step: at - 1 })}>
          Back
        </button>
        <button
          type="button"
          className="pill"
          disabled={at === steps.length - 1}
          onClick={() => set({ step: at + 1 })}
        >
          Next
        </button>
        <p className="lens-step">
          Step {at + 1} of {steps.length}
        </p>
        <HeadPick />
      </div>
      <h2>{title}</h2>
      <p className="lens-finding">{says}</p>
      <p className="lens-formula">
        <Formula>{formula}</Formula>
      </p>
      <Problem problem={problem} />
      {answer ? (
        <Picture
          key={of}
          values={answer.answer.values}
          n={answer.count}
          {...{ of, words, start: answer.start }}
        />
      ) : isBusy ? (
        <Waiting />
      ) : null}
      <p className="lens-caption">
        The method: <a href={PAPER}>LeaPformer, arXiv 2405.13046</a>; fixed proportions:{' '}
        <a href="https://arxiv.org/abs/2202.08791">cosFormer, arXiv 2202.08791</a>.
        {config?.decay
          ? ' Gates, the output norm and the short convolution are additions of this playground.'
          : ''}
      </p>
    </>
  );
}

interface PictureProps {
  readonly values: Float32Array;
  readonly n: number;
  readonly start: number;
  readonly of: MatrixKind;
  readonly words: ReturnType<typeof useWords>;
}

function Picture({ values, n, start, of, words }: PictureProps) {
  const [cell, setCell] = useState<readonly [number, number]>([n - 1, Math.max(n - 2, 0)]);
  const at = [Math.min(cell[0], n - 1), Math.min(cell[1], n - 1)] as const;
  const scale = useMemo(() => scaleOf(values, scaleKind(of, 'log')), [values, of]);
  const value = values[at[0] * n + at[1]];
  return (
    <figure className="lens-figure">
      <p className="lens-readout" aria-live="polite">
        “{words.of(start + at[0])}” looks at “{words.of(start + at[1])}”:{' '}
        <b>{at[1] > at[0] ? 'later, so never' : of === 'reweighting' ? value.toFixed(3) : percent(value)}</b>
      </p>
      <HeatMap
        {...{ values, n, scale, at }}
        onMove={setCell}
        label={`${KINDS[of].name}, ${n} by ${n} tokens of your text.`}
      />
      <Legend scale={scale} name={KINDS[of].name} />
    </figure>
  );
}
