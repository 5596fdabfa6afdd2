import type { TranslatedSentence, TranslateEvent, Turn } from '../messages';

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
  const { sentence: n, direction, from } = event;
  const { turns } = sentences[n];
  const changed = { ...turns, [direction]: [...turns[direction].slice(0, from), ...event.turns] };
  return sentences.with(n, { ...sentences[n], turns: changed });
}

/** A unit of a translation, and the number of source units of its sentence that were read before it. */
export interface WrittenUnit {
  readonly text: string;
  readonly after: number;
}

export function writtenUnits(turns: readonly Turn[]): WrittenUnit[] {
  return turns.flatMap(({ read, written }) => written.map((text) => ({ text, after: read })));
}
