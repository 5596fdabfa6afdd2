import { useMemo, useState } from 'react';
import type { HeadMatrix, MatrixKind } from '../../model/lens/measures';
import { numberAt, positionOf } from '../../model/text/token-index';
import { Select } from '../components/controls/Choice';
import { SavePicture } from '../pictures/SavePicture';
import { enlarged } from '../pictures/save';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { percent } from '../token-format';
import { saveMatrix } from './export';
import { HeatMap, paint } from './HeatMap';
import { Caption, Legend, Problem, useLensView, Waiting } from './parts';
import { relativeFactors, scaleKind, scaleOf } from './scales';
import { useCanRun, useLens, useWords, type Words } from './use-lens';
import { usePaint } from './use-paint';
import { useSource } from './use-source';

export const KINDS: Record<MatrixKind, { name: string; words: string; formula: string }> = {
  share: {
    name: 'attention',
    words:
      'The share of attention that a token gives to each earlier token. Each row, with the tokens before the window, sums to 1.',
    formula: 'p(i, j) = (q̃ᵢ·k̃ⱼ) D(i, j) / Wᵢ',
  },
  output: {
    name: 'contribution',
    words:
      'The contribution of each token to the head’s output for row i, along that output u. Tokens that cancel others are negative.',
    formula: 's(i, j) = p(i, j) Wᵢ (vⱼ·uᵢ) / |uᵢ|²',
  },
  similarity: {
    name: 'similarity alone',
    words:
      'The similarity of query and key, before re-weighting and decay. Each row is divided by its sum within the window.',
    formula: 'qᵢ·kⱼ / Σₜ qᵢ·kₜ',
  },
  reweighting: {
    name: 're-weighting alone',
    words:
      'The factor that the proportions give each pair: 1 if those of query and key are equal, 0 if they lie furthest apart.',
    formula: 'cos(π/2 (Pqᵢ − Pkⱼ))',
  },
};

const SCALE_WORDS = {
  log: 'The colour scale is logarithmic.',
  linear: 'The colour scale is linear.',
  signed: 'The colour scale is the square root of the value; negative values are orange.',
  factor: 'The colour shows each factor relative to the median of its row, on a logarithmic scale.',
};

/** The attention matrix of one head. */
export default function MatrixView() {
  const [{ layer, head, of: wanted, scale: kind }, set] = useLensView();
  const hasProportions = usePlaygroundState(
    ({ engine, lens }) =>
      engine.phase === 'ready' && engine.info.config.isReweighted && lens.proportions !== 'none',
  );
  const kinds = (Object.keys(KINDS) as MatrixKind[]).filter(
    (kind) => kind !== 'reweighting' || hasProportions,
  );
  const of = kinds.includes(wanted) ? wanted : 'share';
  const words = useWords();
  const { answer, problem, isBusy } = useLens('matrix', { layer, head, of }, useCanRun());
  return (
    <>
      <div className="lens-picks">
        <Select
          name="Show"
          value={of}
          options={kinds.map((value) => ({ value, name: KINDS[value].name }))}
          onChange={(of) => set({ of })}
        />
        {of === 'share' || of === 'similarity' ? (
          <Select
            name="Scale"
            value={kind}
            options={[
              { value: 'linear', name: 'linear' },
              { value: 'log', name: 'logarithmic' },
            ]}
            onChange={(scale) => set({ scale })}
          />
        ) : null}
      </div>
      <Problem problem={problem} />
      {answer ? (
        <Matrix
          matrix={answer.answer}
          start={answer.start}
          n={answer.count}
          of={of}
          kind={kind}
          words={words}
        />
      ) : isBusy ? (
        <Waiting />
      ) : null}
    </>
  );
}

interface MatrixProps {
  readonly matrix: HeadMatrix;
  readonly start: number;
  readonly n: number;
  readonly of: MatrixKind;
  readonly kind: 'linear' | 'log';
  readonly words: Words;
}

function Matrix({ matrix, start, n, of, kind, words }: MatrixProps) {
  const source = useSource();
  const playground = usePlayground();
  const token = usePlaygroundState(({ lens }) => lens.token);
  const [{ layer, head }, set] = useLensView();
  const chosen = Math.min(Math.max(token === null ? n - 1 : positionOf(token) - start, 0), n - 1);
  const [cell, setCell] = useState<readonly [number, number] | null>(null);
  const at = cell && cell[0] < n && cell[1] < n ? cell : ([chosen, strongest(matrix, n, chosen)] as const);
  const painted = useMemo(
    () => (of === 'reweighting' ? relativeFactors(matrix.values, n) : matrix.values),
    [matrix, n, of],
  );
  const scale = useMemo(() => scaleOf(painted, scaleKind(of, kind)), [painted, kind, of]);
  const row = useMemo(() => matrix.values.slice(at[0] * n, at[0] * n + at[0] + 1), [matrix, n, at[0]]);
  usePaint(start, of === 'reweighting' ? null : row); // nearly all factors are 1
  const move = (next: readonly [number, number]) => {
    setCell(next);
    const seen = numberAt(start + next[1]); // token 0 is not in the text
    playground.tokens.setState({ hovered: seen < 0 ? null : seen });
  };
  const [i, j] = at;
  const value = matrix.values[i * n + j];
  const name = `Head ${layer + 1}.${head + 1}: ${KINDS[of].name}`;
  const file = `lens-layer${layer + 1}-head${head + 1}-${of}`;
  const shown = of === 'reweighting' ? `${value.toFixed(3)}, ${times(painted[i * n + j])}` : percent(value);
  return (
    <figure className="lens-figure">
      <p className="lens-readout" aria-live="polite">
        <b>“{words.of(start + i)}”</b> ({start + i}) looks back at <b>“{words.of(start + j)}”</b> ({start + j}
        ): <b>{j > i ? 'comes later' : shown}</b>
        {start > 0 && of !== 'reweighting' && of !== 'similarity'
          ? `; before the window ${percent(matrix.earlier[i])}`
          : ''}
      </p>
      <HeatMap
        values={painted}
        n={n}
        scale={scale}
        at={at}
        label={`${name}, ${n} by ${n} tokens. Each row is a token, and its columns are the tokens it looks back at.`}
        onMove={move}
        onChoose={(row) => set({ token: Math.max(numberAt(start + row), 0) })}
      />
      <Legend scale={scale} name={KINDS[of].name} />
      <div className="lens-actions">
        <SavePicture
          title={name}
          form="png"
          draw={() => ({
            file,
            title: name,
            ...enlarged(paint(painted, n, scale)),
            legend: [scale],
            notes: [
              `Each row is a token, from ${start} above to ${start + n - 1} below, and its columns are the tokens it looks back at.`,
              `${KINDS[of].words} ${SCALE_WORDS[scaleKind(of, kind)]}`,
              source,
            ],
          })}
        />
        <button
          type="button"
          className="pill"
          onClick={() => saveMatrix(matrix.values, n, start, words, file)}
        >
          Save as CSV
        </button>
      </div>
      <Caption formula={KINDS[of].formula}>
        {KINDS[of].words} Each row is a token, and its columns are the tokens it looks back at: {n} tokens
        from token {start}. {SCALE_WORDS[scaleKind(of, kind)]}
      </Caption>
    </figure>
  );
}

/** The earlier token with the largest value in a row. */
function strongest({ values }: HeadMatrix, n: number, row: number): number {
  let best = Math.max(row - 1, 0);
  for (let j = 0; j < row; j++) if (values[row * n + j] > values[row * n + best]) best = j;
  return best;
}

function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 1 : 0)} times the row’s median`;
}
