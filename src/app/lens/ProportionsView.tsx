import { useMemo, useState } from 'react';
import type { HeadProportions } from '../../model/lens/measures';
import { WINDOW } from '../../model/lens/window';
import { numberAt, positionOf } from '../../model/text/token-index';
import { usePlaygroundState } from '../playground-context';
import { Curves, Scatter } from './charts';
import { HeatMap } from './HeatMap';
import { KINDS } from './MatrixView';
import { Caption, HeadPick, Held, Legend, Problem, TokenStepper, useLensView, Waiting } from './parts';
import { scaleOf, tokens } from './scales';
import { useLens, useWords, type Words } from './use-lens';

const NAMES = { leap: 'learned', static: 'fixed by position', none: 'not used by this model' } as const;

/** What the learned proportions and the gates do, token by token. */
export default function ProportionsView() {
  const [{ layer, head }] = useLensView();
  const words = useWords();
  const { answer, problem, isBusy } = useLens('proportions', { layer, head });
  return (
    <>
      <div className="lens-picks">
        <HeadPick />
      </div>
      <TokenStepper words={words} />
      <Problem problem={problem} />
      {answer ? (
        <Proportions values={answer.answer} start={answer.start} n={answer.count} words={words} />
      ) : isBusy ? (
        <Waiting />
      ) : null}
      <Held answer={answer} />
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
  const [{ token }, set] = useLensView();
  const onPick = (i: number) => set({ token: Math.max(numberAt(start + i), 0) }); // the opening token is not in the text
  const at = Math.min(Math.max(token === null ? n - 1 : positionOf(token) - start, 0), n - 1);
  const { query, key, reweighting: weights, halfLife, spans } = values;
  const [cell, setCell] = useState<readonly [number, number] | null>(null);
  const cross = cell && cell[0] < n && cell[1] < n ? cell : ([at, Math.max(at - 1, 0)] as const);
  const scale = useMemo(() => scaleOf(weights, 'factor'), [weights]);
  const isReweighted = config.reweighting !== 'none';
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
            range={[0, 1]}
            ticks={[0, 0.5, 1].map((value) => ({ value, name: String(value) }))}
            {...{ start, at, onPick }}
            label={`Proportions of ${n} tokens. At “${words.of(start + at)}” that of the query is ${query[at].toFixed(3)}, that of the key ${key[at].toFixed(3)}.`}
          />
          <p className="lens-finding">
            At “{words.of(start + at)}”: Pq = {query[at].toFixed(3)}, Pk = {key[at].toFixed(3)}. Over the
            window Pq is {spread(query)}, Pk {spread(key)}.
          </p>
          <Caption formula="P = sigmoid(MLP(·)), between 0 and 1">
            Where the model places each token, as one that looks (query) and as one that is looked at (key):{' '}
            {NAMES[config.reweighting]}
            {config.reweighting === 'leap' ? ' by two small networks that a layer’s heads share' : ''}. Two
            tokens attend to each other in full where the two are equal.
          </Caption>
          <div className="lens-pair">
            <Scatter
              x={query}
              y={key}
              names={['Pq', 'Pk']}
              at={at}
              label="Proportion of the key against that of the query, a point a token; on the diagonal they are equal."
            />
            <div>
              <HeatMap
                {...{ values: weights, n, scale }}
                at={cross}
                onMove={setCell}
                label="Re-weighting of every pair of tokens."
              />
              <p className="lens-readout" aria-live="polite">
                “{words.of(start + cross[0])}” by “{words.of(start + cross[1])}”:{' '}
                <b>{cross[1] > cross[0] ? 'later' : weights[cross[0] * n + cross[1]].toFixed(3)}</b>
              </p>
              <Legend scale={scale} name="Re-weighting" />
            </div>
          </div>
          <Caption formula={KINDS.reweighting.formula}>{KINDS.reweighting.words}</Caption>
        </>
      ) : (
        <p className="lens-finding">This model has no re-weighting: there are no proportions to show.</p>
      )}
      {values.taps ? <Taps taps={values.taps} /> : null}
      <h2>Half-life of the gate</h2>
      {config.decay ? (
        <>
          <Curves
            lines={[{ name: 'half-life', className: 'first', values: halfLife }]}
            range={[0.1, 100_000]}
            isLog
            ticks={[0.1, 10, 1000].map((value) => ({ value, name: value.toLocaleString('en') }))}
            {...{ start, at, onPick }}
            label={`Half-life of the gate: at the chosen token ${tokens(halfLife[at])} tokens.`}
          />
          <Caption formula="ln 2 / −ln a, in tokens">
            At “{words.of(start + at)}” the head keeps{' '}
            {(100 * Math.exp(-Math.LN2 / halfLife[at])).toPrecision(4)} % of its past: at this rate half would
            be left after {tokens(halfLife[at])} tokens. The start of a document wipes it.
          </Caption>
        </>
      ) : (
        <p className="lens-finding">This model has no decay: nothing fades but by the start of a document.</p>
      )}
      <h2>What each factor does to the span</h2>
      <Curves
        lines={[
          { name: 'similarity alone', className: 'third', values: spans.similarity },
          { name: 'and re-weighting', className: 'second', values: spans.reweighted },
          { name: 'and decay', className: 'first', values: spans.whole },
        ]}
        range={[1, WINDOW]}
        isLog
        ticks={[1, 8, 64, WINDOW].map((value) => ({ value, name: String(value) }))}
        {...{ start, at, onPick }}
        label="Effective spans along the text; their means are in the table."
      />
      <SpanTable spans={spans} at={at} name={words.of(start + at)} />
      <Caption formula="span = exp(−Σⱼ p(i, j) ln p(i, j)), in tokens">
        As many tokens as would give the same spread if they got equal shares. The first two know only the
        window; the third counts all that lies before it as one token.
      </Caption>
    </>
  );
}

/** What query, key and value take of the tokens just before. */
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
        Before tokens are compared, each is mixed with the three before it: what is said of token j is said of
        this mixture.
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
  return `${at(0.05)} to ${at(0.95)} for nine tokens of ten`;
}
