import type { TranslatedSentence, TranslateEvent } from '../messages';

/** The sentences of a translation after an event. */
export function translationAfter(
  sentences: readonly TranslatedSentence[],
  event: TranslateEvent,
): readonly TranslatedSentence[] {
  if (event.type === 'sentences') {
    const { before, after } = event;
    const end = sentences.slice(sentences.length - after);
    return [...sentences.slice(0, before), ...event.sentences, ...end];
  }
  if (event.type === 'notice') return sentences;
  const { sentence: n, direction, from, units } = event;
  const { written } = sentences[n];
  const changed = { ...written, [direction]: [...written[direction].slice(0, from), ...units] };
  return sentences.with(n, { ...sentences[n], written: changed });
}
