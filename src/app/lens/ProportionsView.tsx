import { useMemo, useState } from 'react';
import type { HeadProportions } from '../../model/lens/measures';
import { WINDOW } from '../../model/lens/window';
import { numberAt, positionOf } from '../../model/text/token-index';
import { SavePicture } from '../pictures/SavePicture';
import { enlarged } from '../pictures/save';
import { usePlaygroundState } from '../playground-context';
import { Curves, type Saved, Scatter } from './charts';
import { HeatMap, paint } from './HeatMap';
import { KINDS } from './MatrixView';
import { Caption, Legend, Problem, TokenStepper, useLensView, Waiting } from './parts';
import { relativeFactors, scaleOf, tokens } from './scales';
import { useCanRun, useLens, useWords, type Words } from './use-lens';
import { useSource } from './use-source';

const NAMES = { leap: 'learned', static: 'fixed by position', none: 'not used by this model' } as const;

/** The learned proportions, the gates and their effect on the span, token by token. */
export default function ProportionsView() {
  const [{ layer, head }] = useLensView();
  const words = useWords();
  const { answer, problem, isBusy } = useLens('proportions', { layer, head }, useCanRun());
  return (
    <>
      <TokenStepper words={words} />
      <Problem problem={problem} />
      {answer ? (
        <Proportions values={answer.answer} start={answer.start} n={answer.count} words={words} />
      ) : isBusy ? (
        <Waiting />
      ) : null}
    </>
  );
}

interface Props {
  readonly values: HeadProportions;
  readonly start: number;
  readonly n: number;
  readonly words: Words;
}

function Proportions({ values, start, n, words }: Props) {
  const config = usePlaygroundState(({ engine }) => (engine.phase === 'ready' ? engine.info.config : null))!;
  const [{ token, proportions, layer, head }, set] = useLensView();
  const reweighting = proportions === 'learned' ? config.reweighting : proportions;
  const staticLength = proportions === 'static' ? WINDOW : config.staticLength;
  const onPick = (i: number) => set({ token: Math.max(numberAt(start + i), 0) }); // token 0 is not in the text
  const at = Math.min(Math.max(token === null ? n - 1 : positionOf(token) - start, 0), n - 1);
  const { query, key, reweighting: weights, halfLife, spans } = values;
  const [cell, setCell] = useState<readonly [number, number] | null>(null);
  const cross = cell && cell[0] < n && cell[1] < n ? cell : ([at, Math.max(at - 1, 0)] as const);
  const painted = useMemo(() => relativeFactors(weights, n), [weights, n]);
  const scale = useMemo(() => scaleOf(painted, 'factor'), [painted]);
  const isReweighted = reweighting !== 'none';
  const source = useSource();
  const name = `Head ${layer + 1}.${head + 1}`;
  const saved = (part: string, title: string, units: string): Saved => ({
    file: `lens-layer${layer + 1}-head${head + 1}-${part}`,
    title: `${name}: ${title}`,
    notes: [units, source],
  });
  const along = `along tokens ${start} to ${start + n - 1}. The dashed line is “${words.of(start + at)}”.`;
  return (
    <>
      {isReweighted ? (
        <>
          <h2>Proportions along the text</h2>
          <Curves
            lines={[
              { name: 'of the query, Pq', className: 'first', values: query },
              { name: 'of the key, Pk', className: 'second', values: key },
            ]}
            {...saved('proportions', 'proportions along the text', `Proportions, between 0 and 1, ${along}`)}
            range={[0, 1]}
            ticks={[0, 0.5, 1].map((value) => ({ value, name: String(value) }))}
            start={start}
            at={at}
            onPick={onPick}
            label={`Proportions of ${n} tokens. At “${words.of(start + at)}”: query ${query[at].toFixed(3)}, key ${key[at].toFixed(3)}.`}
          />
          <p className="lens-finding">
            At “{words.of(start + at)}”: Pq = {query[at].toFixed(3)}, Pk = {key[at].toFixed(3)}. Nine in ten
            tokens: Pq {spread(query)}, Pk {spread(key)}.
          </p>
          <Caption
            formula={
              reweighting === 'leap'
                ? 'P = sigmoid(MLP(·)), between 0 and 1'
                : `P = min(position / ${staticLength}, 1)`
            }
          >
            The proportions of each token, one for its query and one for its key, are {NAMES[reweighting]}
            {reweighting === 'leap' ? ' by two small networks that the heads of a layer share' : ''}. A query
            and a key with equal proportions keep their full weight.
          </Caption>
          <div className="lens-pair">
            <Scatter
              x={query}
              y={key}
              names={['Pq', 'Pk']}
              {...saved(
                'pairs',
                'key proportion by query proportion',
                `Both between 0 and 1. The circle is “${words.of(start + at)}”.`,
              )}
              at={at}
              label="Key proportion by query proportion, one point per token. On the diagonal the two are equal."
            />
            <div>
              <HeatMap
                values={painted}
                n={n}
                scale={scale}
                at={cross}
                onMove={setCell}
                label="Re-weighting of every pair of tokens."
              />
              <p className="lens-readout" aria-live="polite">
                “{words.of(start + cross[0])}” looks back at “{words.of(start + cross[1])}”:{' '}
                <b>{cross[1] > cross[0] ? 'comes later' : weights[cross[0] * n + cross[1]].toFixed(3)}</b>
              </p>
              <Legend scale={scale} name="Re-weighting" />
              <SavePicture
                title={`${name}: re-weighting of every pair`}
                form="png"
                draw={() => ({
                  ...saved(
                    'reweighting',
                    're-weighting of every pair',
                    `Each row is a token, from ${start} above to ${start + n - 1} below, and its columns are the tokens it looks back at. ${KINDS.reweighting.words}`,
                  ),
                  ...enlarged(paint(painted, n, scale)),
                  legend: [scale],
                })}
              />
            </div>
          </div>
          <Caption formula={KINDS.reweighting.formula}>{KINDS.reweighting.words}</Caption>
        </>
      ) : (
        <p className="lens-finding">The model runs without proportions.</p>
      )}
      {values.taps ? <Taps taps={values.taps} /> : null}
      <h2>Half-life of the gate</h2>
      {config.decay ? (
        <>
          <Curves
            lines={[{ name: 'half-life', className: 'first', values: halfLife }]}
            {...saved(
              'half-life',
              'half-life of the gate',
              `Half-life in tokens on a logarithmic scale, ${along}`,
            )}
            range={[0.1, 100_000]}
            isLog
            ticks={[0.1, 10, 1000].map((value) => ({ value, name: value.toLocaleString('en') }))}
            start={start}
            at={at}
            onPick={onPick}
            label={`Half-life of the gate: ${tokens(halfLife[at])} tokens at the chosen token.`}
          />
          <Caption formula="ln 2 / −ln a, in tokens">
            At “{words.of(start + at)}”: {retention(halfLife[at])}. The state is cleared at the start of each
            document.
          </Caption>
        </>
      ) : (
        <p className="lens-finding">
          This model has no decay. The state is cleared only at the start of a document.
        </p>
      )}
      <h2>Effect of each factor on the span</h2>
      <Curves
        lines={[
          { name: 'similarity alone', className: 'third', values: spans.similarity },
          { name: 'and re-weighting', className: 'second', values: spans.reweighted },
          { name: 'and decay', className: 'first', values: spans.whole },
        ]}
        {...saved(
          'spans',
          'effect of each factor on the span',
          `Effective span in tokens on a logarithmic scale, ${along}`,
        )}
        range={[1, WINDOW]}
        isLog
        ticks={[1, 8, 64, WINDOW].map((value) => ({ value, name: String(value) }))}
        start={start}
        at={at}
        onPick={onPick}
        label="Effective spans along the text. The table below has their means."
      />
      <SpanTable spans={spans} at={at} name={words.of(start + at)} />
      <Caption formula="span = exp(−Σⱼ p(i, j) ln p(i, j)), in tokens">
        The span is the number of tokens with equal shares that would have the same entropy. The first two
        spans cover only the window; the third counts everything before the window as one token.
      </Caption>
    </>
  );
}

/** The mean taps of the short convolution for query, key and value. */
function Taps({ taps }: { taps: Float32Array }) {
  return (
    <>
      <h2>Short convolution</h2>
      <table className="lens-table">
        <thead>
          <tr>
            <th scope="col">Mean |tap| of the</th>
            {['j − 3', 'j − 2', 'j − 1', 'j'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {['query', 'key', 'value'].map((name, part) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {[...taps.subarray(4 * part, 4 * part + 4)].map((tap, n) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: taps are numbered
                <td key={n}>{tap.toFixed(2)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Caption formula="uⱼ = Σ tap · input over tokens j − 3 to j, each channel by itself">
        A short convolution mixes each token with the three before it. Every figure for token j is therefore
        about this mixture.
      </Caption>
    </>
  );
}

function SpanTable({ spans, at, name }: { spans: HeadProportions['spans']; at: number; name: string }) {
  const rows = [
    ['Similarity alone', spans.similarity],
    ['… and re-weighting', spans.reweighted],
    ['… and decay', spans.whole],
  ] as const;
  return (
    <table className="lens-table">
      <thead>
        <tr>
          <th scope="col">Effective span, tokens</th>
          <th scope="col">“{name}”</th>
          <th scope="col">mean</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([factor, values]) => (
          <tr key={factor}>
            <th scope="row">{factor}</th>
            <td>{Number.isNaN(values[at]) ? 'silent' : tokens(values[at])}</td>
            <td>{tokens(mean(values))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function mean(values: Float32Array): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : Number.NaN;
}

function spread(values: Float32Array): string {
  const sorted = values.toSorted();
  const at = (fraction: number) => sorted[Math.floor(fraction * (sorted.length - 1))].toFixed(2);
  return `${at(0.05)} to ${at(0.95)}`;
}

const LONG = 100_000; // tokens

/** @param halfLife in tokens */
function retention(halfLife: number): string {
  if (halfLife > LONG) return `hardly forgets (half-life over ${tokens(LONG)} tokens)`;
  const kept = (100 * 2 ** (-1 / halfLife)).toPrecision(3);
  return `keeps ${kept}% of its past per token (half-life ${tokens(halfLife)} tokens)`;
}
