import { useMemo, useState } from 'react';
import type { HeadMatrix, MatrixKind } from '../../model/lens/measures';
import { numberAt, positionOf } from '../../model/text/token-index';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { saveMatrix, savePicture } from './export';
import { HeatMap, paint } from './HeatMap';
import { Caption, HeadPick, Held, Legend, Pick, Problem, useLensView, Waiting } from './parts';
import { percent, scaleKind, scaleOf } from './scales';
import { useLens, useWords, type Words } from './use-lens';
import { usePaint } from './use-paint';

export const KINDS: Record<MatrixKind, { name: string; words: string; formula: string }> = {
  share: {
    name: 'attention',
    words:
      'Of all that a token looks back at, the part that each earlier token gets. Each row sums to 1 with what lies before the window.',
    formula: 'p(i, j) = (q̃ᵢ·k̃ⱼ) D(i, j) / Wᵢ',
  },
  output: {
    name: 'output, signed',
    words:
      'What each token gave to the head’s output for row i, along that output u. Tokens that cancel are negative.',
    formula: 's(i, j) = p(i, j) Wᵢ (vⱼ·uᵢ) / |uᵢ|²',
  },
  similarity: {
    name: 'similarity alone',
    words:
      'How alike query and key are, before re-weighting and decay; each row is divided by its sum within the window.',
    formula: 'qᵢ·kⱼ / Σₜ qᵢ·kₜ',
  },
  reweighting: {
    name: 're-weighting alone',
    words:
      'What the proportions make of each pair: 1 where those of query and key are equal, 0 where they lie furthest apart.',
    formula: 'cos(π/2 (Pqᵢ − Pkⱼ))',
  },
};

const SCALE_WORDS = {
  log: 'Logarithmic: each step of colour is a factor.',
  linear: 'Linear in the value.',
  signed: 'By the square root of the value, orange where it is negative.',
  factor: 'Linear in the value, from 0 to 1.',
};

/** The implied attention of one head, every token against every token. */
export default function MatrixView() {
  const [{ layer, head, of, scale: kind }, set] = useLensView();
  const hasProportions = usePlaygroundState(
    ({ engine }) => engine.phase === 'ready' && engine.info.config.reweighting !== 'none',
  );
  const kinds = (Object.keys(KINDS) as MatrixKind[]).filter(
    (kind) => kind !== 'reweighting' || hasProportions,
  );
  const words = useWords();
  const { answer, problem, isBusy } = useLens('matrix', { layer, head, of });
  return (
    <>
      <div className="lens-picks">
        <HeadPick />
        <Pick
          name="Shows"
          value={of}
          options={kinds.map((value) => ({ value, name: KINDS[value].name }))}
          onChange={(of) => set({ of })}
        />
        {of === 'share' || of === 'similarity' ? (
          <Pick
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
        <Matrix matrix={answer.answer} start={answer.start} n={answer.count} {...{ of, kind, words }} />
      ) : isBusy ? (
        <Waiting />
      ) : null}
      <Held answer={answer} />
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
  const playground = usePlayground();
  const token = usePlaygroundState(({ lens }) => lens.token);
  const [{ layer, head }, set] = useLensView();
  const chosen = Math.min(Math.max(token === null ? n - 1 : positionOf(token) - start, 0), n - 1);
  const [cell, setCell] = useState<readonly [number, number] | null>(null);
  const at = cell && cell[0] < n && cell[1] < n ? cell : ([chosen, Math.max(chosen - 1, 0)] as const);
  const scale = useMemo(() => scaleOf(matrix.values, scaleKind(of, kind)), [matrix, kind, of]);
  const row = useMemo(() => matrix.values.slice(at[0] * n, at[0] * n + at[0] + 1), [matrix, n, at[0]]);
  usePaint(start, of === 'reweighting' ? null : row); // of that nearly all is 1
  const move = (next: readonly [number, number]) => {
    setCell(next);
    const seen = numberAt(start + next[1]); // the opening token is not in the text
    playground.tokens.setState({ hovered: seen < 0 ? null : seen });
  };
  const [i, j] = at;
  const value = matrix.values[i * n + j];
  const name = `Layer ${layer + 1}, head ${head + 1}: ${KINDS[of].name}`;
  const file = `lens-layer${layer + 1}-head${head + 1}-${of}`;
  return (
    <figure className="lens-figure">
      <p className="lens-readout" aria-live="polite">
        <b>“{words.of(start + i)}”</b> ({start + i}) looks at <b>“{words.of(start + j)}”</b> ({start + j}):{' '}
        <b>{j > i ? 'later, so never' : of === 'reweighting' ? value.toFixed(3) : percent(value)}</b>
        {start > 0 && of !== 'reweighting' && of !== 'similarity'
          ? `; before the window ${percent(matrix.earlier[i])}`
          : ''}
      </p>
      <HeatMap
        {...{ values: matrix.values, n, scale, at }}
        label={`${name}, ${n} by ${n} tokens. Rows look, columns are looked at.`}
        onMove={move}
        onChoose={(row) => set({ token: Math.max(numberAt(start + row), 0) })}
      />
      <Legend scale={scale} name={KINDS[of].name} />
      <div className="lens-actions">
        <button
          type="button"
          className="pill"
          onClick={() => savePicture(paint(matrix.values, n, scale), file)}
        >
          Save as PNG
        </button>
        <button
          type="button"
          className="pill"
          onClick={() => saveMatrix(matrix.values, n, start, words, file)}
        >
          Save as CSV
        </button>
      </div>
      <Caption formula={KINDS[of].formula}>
        {KINDS[of].words} Row: the token that looks; column: the token that it looks at; {n} tokens from
        number {start} on. {SCALE_WORDS[scaleKind(of, kind)]}
      </Caption>
    </figure>
  );
}
