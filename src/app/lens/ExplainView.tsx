import { useMemo, useState } from 'react';
import type { MatrixKind } from '../../model/lens/measures';
import { PAPER } from '../address';
import { percent } from '../format';
import { usePlaygroundState } from '../playground-context';
import { HeatMap } from './HeatMap';
import { KINDS } from './MatrixView';
import { Formula, HeadPick, Legend, Problem, useLensView, Waiting } from './parts';
import { scaleKind, scaleOf } from './scales';
import { useLens, useWords } from './use-lens';

interface Step {
  readonly title: string;
  readonly of: MatrixKind;
  readonly words: string;
  readonly formula: string;
}

const STEPS: readonly Step[] = [
  {
    title: 'Every token looks back',
    of: 'similarity',
    words:
      'For each token, a head computes a query, a key and a value. The weight of token j for token i is the similarity of i’s query and j’s key. Both pass through ReLU, so no weight is negative. The picture shows your text: each row is a token, and its columns are the tokens it looks back at.',
    formula: 'qᵢ·kⱼ ≥ 0',
  },
  {
    title: 'Learned proportions choose',
    of: 'reweighting',
    words:
      'Similar words are not always the ones that matter. In LeaPformer, two small networks give every token two proportions between 0 and 1: one for its query and one for its key. A pair with equal proportions keeps its weight; other pairs lose weight. Proportions that are fixed by position (cosFormer) can only favour nearby tokens.',
    formula: 'cos(π/2 (Pqᵢ − Pkⱼ))',
  },
  {
    title: 'Together they concentrate',
    of: 'share',
    words:
      'The attention of this head is similarity times re-weighting times decay, divided by the sum of the row. If few cells of a row are bright, the head concentrates; if all are alike, it averages.',
    formula: 'p(i, j) = (qᵢ·kⱼ) cos(π/2 (Pqᵢ − Pkⱼ)) D(i, j) / Wᵢ',
  },
  {
    title: 'No matrix is stored',
    of: 'share',
    words:
      'The cosine of a difference splits into products, cos a cos b + sin a sin b, so each key can be added to a sum of fixed size. That sum is the whole memory of the head, at token 10 and at token 100,000. The lens recomputes the matrix for its window; the model never stores it.',
    formula: 'S ← a S + k̃ vᵀ,  z ← a z + k̃;  k̃ = [k cos(π/2 Pk), k sin(π/2 Pk)]',
  },
  {
    title: 'What each token contributes',
    of: 'output',
    words:
      'A large share of attention need not matter: its value may be small, or another value may cancel it. The contribution of a token is the part of the head’s output that it adds, along the output. Negative contributions are orange.',
    formula: 's(i, j) = p(i, j) Wᵢ (vⱼ·uᵢ) / |uᵢ|²,  uᵢ = q̃ᵢᵀ Sᵢ',
  },
];

/** Explains the method in five steps on the reader's own text. */
export default function ExplainView() {
  const [{ layer, head, step }, set] = useLensView();
  const config = usePlaygroundState(({ engine }) => (engine.phase === 'ready' ? engine.info.config : null));
  const words = useWords();
  const steps = STEPS.filter(({ of }) => of !== 'reweighting' || config?.isReweighted !== false);
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
          of={of}
          words={words}
          start={answer.start}
        />
      ) : isBusy ? (
        <Waiting />
      ) : null}
      <p className="lens-caption">
        Method: <a href={PAPER}>LeaPformer, arXiv 2405.13046</a>; fixed proportions:{' '}
        <a href="https://arxiv.org/abs/2202.08791">cosFormer, arXiv 2202.08791</a>.
        {config?.decay ? ' This playground adds gates, the output norm and the short convolution.' : ''}
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
        “{words.of(start + at[0])}” looks back at “{words.of(start + at[1])}”:{' '}
        <b>{at[1] > at[0] ? 'comes later' : of === 'reweighting' ? value.toFixed(3) : percent(value)}</b>
      </p>
      <HeatMap
        values={values}
        n={n}
        scale={scale}
        at={at}
        onMove={setCell}
        label={`${KINDS[of].name}, ${n} by ${n} tokens of your text.`}
      />
      <Legend scale={scale} name={KINDS[of].name} />
    </figure>
  );
}
