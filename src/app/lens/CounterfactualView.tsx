import { useMemo, useState } from 'react';
import type { CounterfactualAnswer } from '../../workers/lens/messages';
import { usePlaygroundState } from '../playground-context';
import { Curves } from './charts';
import { HeatMap } from './HeatMap';
import { Caption, HeadPick, Legend, Pick, Problem, useLensView, Waiting } from './parts';
import { percent, scaleOf } from './scales';
import { useLens, useWords, type Words } from './use-lens';

const MOST_LISTED = 5;

/** The same tokens under another re-weighting. */
export default function CounterfactualView() {
  const [{ layer, head, reweighting, from }, set] = useLensView();
  const config = usePlaygroundState(({ engine }) => (engine.phase === 'ready' ? engine.info.config : null));
  const isWriting = usePlaygroundState(({ work }) => work.phase !== 'idle');
  const words = useWords();
  const [isWanted, setWanted] = useState(false);
  const { answer, problem, isBusy } = useLens(
    'counterfactual',
    { reweighting, from, layer, head },
    isWanted && !isWriting,
  );
  if (config && config.reweighting !== 'leap')
    return <p className="lens-finding">This model has no learned re-weighting that could be changed.</p>;
  return (
    <>
      <div className="lens-picks">
        <Pick
          name="Instead of learned"
          value={reweighting}
          options={[
            { value: 'none', name: 'none' },
            { value: 'static', name: 'static (cosFormer)' },
          ]}
          onChange={(reweighting) => set({ reweighting })}
        />
        <Pick
          name="Both start empty at"
          value={from}
          options={[
            { value: 'window', name: 'the window’s first token' },
            { value: 'document', name: 'the document’s first token' },
          ]}
          onChange={(from) => set({ from })}
        />
        <HeadPick />
      </div>
      <p className="lens-finding">
        This model was trained with learned re-weighting. Taking it away shows what this model makes of it,
        not how well a model would do that was trained without.
      </p>
      <Problem problem={problem} />
      {isWanted ? null : (
        <button type="button" className="pill" onClick={() => setWanted(true)}>
          Run both
        </button>
      )}
      {isWriting && isWanted ? <Waiting>It waits until the text is written.</Waiting> : null}
      {isBusy && !isWriting ? <Waiting>Both models read up to 512 tokens, one by one …</Waiting> : null}
      {answer ? <Runs runs={answer.answer} words={words} changedName={reweighting} /> : null}
    </>
  );
}

function Runs({
  runs,
  words,
  changedName,
}: {
  runs: CounterfactualAnswer;
  words: Words;
  changedName: string;
}) {
  const { start, count: n, staticLength, learned, changed, divergence } = runs;
  const [cell, setCell] = useState<readonly [number, number]>([n - 1, Math.max(n - 2, 0)]);
  const at = [Math.min(cell[0], n - 1), Math.min(cell[1], n - 1)] as const;
  const scale = useMemo(() => {
    const both = new Float32Array(learned.values.length + changed.values.length);
    both.set(learned.values);
    both.set(changed.values, learned.values.length);
    return scaleOf(both, 'log');
  }, [learned, changed]);
  const mean = divergence.reduce((sum, value) => sum + value, 0) / n;
  const order = Array.from(divergence.keys()).sort((a, b) => divergence[b] - divergence[a]);
  const isNormalized = usePlaygroundState(
    ({ engine }) => engine.phase === 'ready' && engine.info.config.normalizer === 'rms',
  );
  const share = ({ values }: { values: Float32Array }) => percent(values[at[0] * n + at[1]]);
  const other = changedName === 'static' ? `static, length ${staticLength}` : 'none';
  const most = Math.max(divergence[order[0]], 0.01);
  return (
    <>
      <table className="lens-table">
        <thead>
          <tr>
            <th scope="col">Re-weighting</th>
            <th scope="col">learned</th>
            <th scope="col">{other}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Perplexity of these {n} tokens</th>
            <td>{learned.perplexity.toFixed(2)}</td>
            <td>{changed.perplexity.toFixed(2)}</td>
          </tr>
          <tr>
            <th scope="row">Mean divergence</th>
            <td />
            <td>{mean.toFixed(3)} nats</td>
          </tr>
        </tbody>
      </table>
      <div className="lens-pair">
        {[
          { name: 'Learned', run: learned },
          { name: `Instead: ${other}`, run: changed },
        ].map(({ name, run }) => (
          <figure key={name}>
            <figcaption>{name}</figcaption>
            <HeatMap
              {...{ values: run.values, n, scale, at }}
              onMove={setCell}
              label={`Attention of the head, re-weighting ${name}.`}
            />
          </figure>
        ))}
      </div>
      <p className="lens-readout" aria-live="polite">
        “{words.of(start + at[0])}” ({start + at[0]}) looks at “{words.of(start + at[1])}” ({start + at[1]}):{' '}
        {at[1] > at[0] ? (
          <b>later, so never</b>
        ) : (
          <>
            learned <b>{share(learned)}</b>, instead <b>{share(changed)}</b>
          </>
        )}
      </p>
      <Legend scale={scale} name="Share of attention" />
      <h2>How far the predictions part</h2>
      <Curves
        lines={[{ name: 'divergence', className: 'first', values: divergence }]}
        range={[0, most]}
        ticks={[0, most].map((value) => ({ value, name: value.toFixed(2) }))}
        start={start}
        at={at[0]}
        onPick={(i) => setCell([i, Math.max(i - 1, 0)])}
        label={`Divergence behind each token; most behind “${words.of(start + order[0])}”: ${most.toFixed(2)} nats.`}
      />
      <p className="lens-finding">
        Behind “{words.of(start + at[0])}”: {divergence[at[0]].toFixed(2)} nats. Furthest apart behind{' '}
        {order
          .slice(0, MOST_LISTED)
          .map((t) => `“${words.of(start + t)}” (${divergence[t].toFixed(2)})`)
          .join(', ')}
        .
      </p>
      <Caption formula="KL(p ‖ p′) = Σ p ln(p / p′) over the vocabulary, in nats; perplexity = exp(mean loss)">
        p: the model’s next-token distribution behind each token; p′: the same weights with another
        re-weighting. Both read tokens {start} to {start + n - 1} from an empty state
        {start === 0 ? '' : ', so p is not what it was in the whole text'}.
        {staticLength === null
          ? isNormalized
            ? ' As each head’s output is normalized, none is the same as proportions frozen at any constants.'
            : ''
          : ` Static: proportions grow with the position, min(position / ${staticLength}, 1).`}
      </Caption>
    </>
  );
}
