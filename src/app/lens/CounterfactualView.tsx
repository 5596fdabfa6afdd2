import { useMemo, useState } from 'react';
import type { CounterfactualAnswer } from '../../workers/lens/messages';
import { Select } from '../components/controls/Choice';
import { percent } from '../format';
import { usePlaygroundState } from '../playground-context';
import { Curves } from './charts';
import { HeatMap } from './HeatMap';
import { Caption, HeadPick, Legend, Problem, useLensView, Waiting } from './parts';
import { scaleOf } from './scales';
import { useLens, useWords, type Words } from './use-lens';

const MOST_LISTED = 5;

/** Runs the model on the same tokens with another re-weighting, and compares the two runs. */
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
    return <p className="lens-finding">This model has no learned re-weighting to replace.</p>;
  return (
    <>
      <div className="lens-picks">
        <Select
          name="Replace proportions with"
          value={reweighting}
          options={[
            { value: 'none', name: 'none' },
            { value: 'static', name: 'static (cosFormer)' },
          ]}
          onChange={(reweighting) => set({ reweighting })}
        />
        <Select
          name="Start both at"
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
        This model was trained with learned re-weighting. Replacing it shows how much this model depends on
        it, not how well a model trained without it would do.
      </p>
      <Problem problem={problem} />
      {isWanted ? null : (
        <button type="button" className="pill" onClick={() => setWanted(true)}>
          Run both
        </button>
      )}
      {isWriting && isWanted ? <Waiting>Waiting for the model to finish.</Waiting> : null}
      {isBusy && !isWriting ? <Waiting>Both runs read up to 512 tokens, one by one …</Waiting> : null}
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
          { name: `Replaced: ${other}`, run: changed },
        ].map(({ name, run }) => (
          <figure key={name}>
            <figcaption>{name}</figcaption>
            <HeatMap
              values={run.values}
              n={n}
              scale={scale}
              at={at}
              onMove={setCell}
              label={`Attention of the head. Re-weighting: ${name}.`}
            />
          </figure>
        ))}
      </div>
      <p className="lens-readout" aria-live="polite">
        “{words.of(start + at[0])}” ({start + at[0]}) looks back at “{words.of(start + at[1])}” (
        {start + at[1]}):{' '}
        {at[1] > at[0] ? (
          <b>comes later</b>
        ) : (
          <>
            learned <b>{share(learned)}</b>, replaced <b>{share(changed)}</b>
          </>
        )}
      </p>
      <Legend scale={scale} name="Share of attention" />
      <h2>Where predictions change</h2>
      <Curves
        lines={[{ name: 'divergence', className: 'first', values: divergence }]}
        range={[0, most]}
        ticks={[0, most].map((value) => ({ value, name: value.toFixed(2) }))}
        start={start}
        at={at[0]}
        onPick={(i) => setCell([i, Math.max(i - 1, 0)])}
        label={`Divergence after each token; largest after “${words.of(start + order[0])}”: ${most.toFixed(2)} nats.`}
      />
      <p className="lens-finding">
        After “{words.of(start + at[0])}”: {divergence[at[0]].toFixed(2)} nats. Most changed after{' '}
        {order
          .slice(0, MOST_LISTED)
          .map((t) => `“${words.of(start + t)}” (${divergence[t].toFixed(2)})`)
          .join(', ')}
        .
      </p>
      <Caption formula="KL(p ‖ p′) = Σ p ln(p / p′) over the vocabulary, in nats; perplexity = exp(mean loss)">
        p is the model’s next-token distribution after each token; p′ uses the same weights with the replaced
        re-weighting. Both runs read tokens {start} to {start + n - 1} from an empty state
        {start === 0 ? '' : ', so p differs from p in the whole text'}.
        {staticLength === null
          ? isNormalized
            ? ' Each head’s output is normalized, so “none” equals proportions frozen at any constant.'
            : ''
          : ` Static proportions grow with the position: min(position / ${staticLength}, 1).`}
      </Caption>
    </>
  );
}
