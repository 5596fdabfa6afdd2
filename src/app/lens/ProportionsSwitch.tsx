import { useEffect, useState } from 'react';
import { numberAt } from '../../model/text/token-index';
import type { Proportions } from '../../workers/lens/messages';
import { Choice } from '../components/controls/Choice';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { PROPORTION_NAMES } from '../store/engine/lens-view';
import { Problem, useLensView, Waiting } from './parts';
import { Study } from './Study';
import type { Looking, Words } from './use-lens';

const MOST_LISTED = 3;

/** Replaces the learned proportions, and shows how this model then predicts the text. */
export function ProportionsSwitch({ looking, words }: { looking: Looking<'counterfactual'>; words: Words }) {
  const [{ proportions }, set] = useLensView();
  const isWriting = usePlaygroundState(({ work }) => work.phase !== 'idle');
  const isChanged = proportions !== 'learned';
  const { answer, view, problem } = looking;
  const runs = answer && view.proportions === proportions ? answer.answer : null;
  const known = usePerplexities(answer?.answer ?? null, view.proportions, words);
  return (
    <section className="lens-part">
      <Choice
        name="Learned proportions"
        value={proportions}
        options={(Object.keys(PROPORTION_NAMES) as Proportions[]).map((value) => ({
          value,
          name: PROPORTION_NAMES[value],
        }))}
        onChange={(proportions) => set({ proportions })}
      />
      <Problem problem={problem} />
      {isChanged && isWriting ? <Waiting>Waiting for the model to finish.</Waiting> : null}
      {isChanged && !isWriting && !runs && !problem ? (
        <Waiting>Reading the text with and without learned proportions …</Waiting>
      ) : null}
      {runs && isChanged ? (
        <>
          <p className="lens-finding">
            {PROPORTION_NAMES[proportions]}: this text gets{' '}
            {runs.changed.perplexity > runs.learned.perplexity ? 'harder' : 'easier'} to predict, perplexity{' '}
            {runs.learned.perplexity.toFixed(1)} → <b>{runs.changed.perplexity.toFixed(1)}</b>
            {runs.start > 0 ? ` (tokens ${runs.start} to ${runs.start + runs.count - 1})` : ''}.
          </p>
          <MostChanged divergence={runs.divergence} start={runs.start} words={words} />
        </>
      ) : known.length ? (
        <p className="lens-finding">Perplexity of this text: {known.join(', ')}.</p>
      ) : null}
      <Limits />
    </section>
  );
}

/** The perplexities of the text that are known so far, in words. */
function usePerplexities(
  answer: { learned: { perplexity: number }; changed: { perplexity: number } } | null,
  proportions: Proportions,
  { index }: Words,
): string[] {
  const [known, setKnown] = useState<{ index: unknown; by: Partial<Record<Proportions, number>> }>({
    index,
    by: {},
  });
  useEffect(() => {
    if (!answer || proportions === 'learned') return;
    const now = { learned: answer.learned.perplexity, [proportions]: answer.changed.perplexity };
    setKnown((before) => ({ index, by: { ...(before.index === index ? before.by : {}), ...now } }));
  }, [answer, proportions, index]);
  if (known.index !== index) return [];
  return (Object.keys(PROPORTION_NAMES) as Proportions[]).flatMap((name) => {
    const perplexity = known.by[name];
    return perplexity === undefined ? [] : `${PROPORTION_NAMES[name].toLowerCase()} ${perplexity.toFixed(1)}`;
  });
}

/** The places where the predictions differ most. */
function MostChanged({
  divergence,
  start,
  words,
}: {
  divergence: Float32Array;
  start: number;
  words: Words;
}) {
  const { lens } = usePlayground();
  const order = Array.from(divergence.keys()).sort((a, b) => divergence[b] - divergence[a]);
  const places = order.slice(0, MOST_LISTED).filter((t) => numberAt(start + t) >= 0);
  return (
    <p className="lens-finding">
      Predictions differ most after{' '}
      {places.map((t, n) => {
        const name = placeName(words, start + t);
        return (
          <span key={t}>
            {n === 0 ? '' : n === places.length - 1 ? ' and ' : ', '}
            <button
              type="button"
              className="lens-word"
              data-tip={`${divergence[t].toFixed(2)} nats`}
              onClick={() => lens.set({ token: numberAt(start + t) })}
            >
              {name}
            </button>
          </span>
        );
      })}
      .
    </p>
  );
}

/** “album”, or for a line break the word before it. */
function placeName(words: Words, position: number): string {
  const { name } = words.at(position);
  if (name !== 'line break') return `“${name}”`;
  let before = position;
  while (before > 0 && (words.of(before) === 'line break' || !/[\p{L}\p{N}]/u.test(words.of(before))))
    before--;
  return before > 0 ? `the line break after “${words.at(before).name}”` : 'the first line break';
}

function Limits() {
  const runs = usePlaygroundState(({ history }) => history?.present.runs ?? null);
  let [all, sampled] = [0, 0];
  for (const { text, source } of runs ?? []) {
    all += text.length;
    if (source === 'sampled') sampled += text.length;
  }
  const by = sampled > all / 2 ? 'Most of this text was written by this very model, which' : 'This model';
  return (
    <p className="lens-caption">
      {by} was trained with learned proportions. Small models that were trained without them predicted text as
      well (<Study />
      ).
    </p>
  );
}
