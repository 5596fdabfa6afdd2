import type { Backend, Streams } from '../../model/runtime/backend';
import { EngineError } from '../../model/runtime/errors';
import type { Model } from '../../model/runtime/folder';
import { Pace } from '../../model/runtime/pace';
import {
  CONTROLS,
  DIRECTIONS,
  type Direction,
  type Sentence,
  sentencesOf,
  turnsOf,
} from '../../model/text/simultaneous';
import { credited, type Emit, type OnEvent } from '../events';
import type {
  TranslatedSentence,
  TranslateEvent,
  TranslateRequest,
  TranslateResult,
  Turn,
} from '../messages';
import { TurnStream } from './turn-stream';

const translators = new WeakMap<Backend, Translator>();

/** Translates a text with the translator of a backend, which keeps the translations of the previous text. */
export async function translateText(
  model: Model,
  backend: Backend,
  signal: AbortSignal,
  request: TranslateRequest,
  onEvent: OnEvent<TranslateEvent>,
): Promise<TranslateResult> {
  const translator = translators.get(backend) ?? (await Translator.open(model, backend));
  translators.set(backend, translator);
  const emit = credited(onEvent);
  await translator.translate(request, signal, emit);
  await emit.settled();
  return { isComplete: !signal.aborted };
}

/** A sentence and the turns of its translations. */
interface Work extends Sentence {
  readonly turns: Record<Direction, Turn[]>;
  /** The k of each complete translation. */
  readonly complete: Partial<Record<Direction, number>>;
}

/**
 * Translates a text while it is typed. Each request has the whole text: sentences that are unchanged keep their
 * translations, and a changed one continues after its last turn that is unchanged. Each language has one stream, so the
 * memory for states does not depend on the text.
 */
export class Translator {
  private readonly streams: Streams;
  private readonly turnStreams: Record<Direction, TurnStream>;
  private sentences: readonly Work[] = [];
  /** The receiver has the sentences; before that it may have those of a previous translator. */
  private hasBegun = false;

  private constructor(model: Pick<Model, 'tokenizer'>, streams: Streams) {
    this.streams = streams;
    this.turnStreams = byDirection((direction, n) => new TurnStream(streams, n, model.tokenizer, direction));
  }

  /** @throws EngineError 'input' if the model is not a translation model */
  static async open(model: Pick<Model, 'tokenizer'>, backend: Backend): Promise<Translator> {
    const { tokenizer } = model;
    const isTranslator = [...CONTROLS, ...DIRECTIONS].every(
      (name, id) => id === tokenizer.bosTokenId || tokenizer.decode([id]) === name,
    );
    if (!isTranslator)
      throw new EngineError(
        'input',
        'This model does not translate.',
        'Use a model whose name begins with Translate.',
      );
    return new Translator(model, await backend.open(DIRECTIONS.length));
  }

  /** Ends early if the signal aborts; the next request continues from there. */
  async translate(
    { text, ended, k, directions }: TranslateRequest,
    signal: AbortSignal,
    emit: Emit<TranslateEvent>,
  ): Promise<void> {
    if (!(k >= 1 && (Number.isInteger(k) || k === Number.POSITIVE_INFINITY)))
      throw new EngineError('input', `k is ${k}.`, 'Use a whole number from 1, or Infinity.');
    await this.replace(sentencesOf(text, ended), emit);
    const pace = new Pace();
    for (const [n, sentence] of this.sentences.entries())
      for (const direction of directions) {
        if (sentence.complete[direction] === k) continue;
        await this.write(n, sentence, direction, k, signal, pace, emit);
        if (signal.aborted) return;
      }
  }

  close(): void {
    this.streams.close();
  }

  /** Replaces the sentences that have changed. The n-th of them keeps the turns of the n-th of the previous ones. */
  private async replace(sentences: readonly Sentence[], emit: Emit<TranslateEvent>): Promise<void> {
    const { sentences: old } = this;
    const most = Math.min(old.length, sentences.length);
    let before = 0;
    while (before < most && isSame(old[before], sentences[before])) before++;
    let after = 0;
    while (after < most - before && isSame(old.at(-1 - after)!, sentences.at(-1 - after)!)) after++;
    const changed = sentences.slice(before, sentences.length - after).map((sentence, n): Work => {
      const previous = before + n < old.length - after ? old[before + n] : null;
      const turns = byDirection((direction) =>
        previous ? keptTurns(previous, previous.turns[direction], sentence) : [],
      );
      return { ...sentence, turns, complete: {} };
    });
    if (this.hasBegun && changed.length === 0 && before + after === old.length) return;
    this.hasBegun = true;
    this.sentences = [...old.slice(0, before), ...changed, ...old.slice(old.length - after)];
    await emit({ type: 'sentences', before, after, sentences: changed.map(shown) });
  }

  private async write(
    n: number,
    sentence: Work,
    direction: Direction,
    k: number,
    signal: AbortSignal,
    pace: Pace,
    emit: Emit<TranslateEvent>,
  ): Promise<void> {
    const reads = turnsOf(sentence, k);
    const turns = sentence.turns[direction];
    const differing = turns.findIndex(({ read }, turn) => read !== reads[turn]);
    if (differing >= 0) turns.length = differing;
    delete sentence.complete[direction];
    await emit({ type: 'written', sentence: n, direction, from: turns.length, turns: [] });
    const writing = this.turnStreams[direction].write(sentence, [...turns], reads, signal, pace);
    for await (const turn of writing) {
      await emit({ type: 'written', sentence: n, direction, from: turns.length, turns: [turn] });
      turns.push(turn);
    }
    if (!signal.aborted) sentence.complete[direction] = k;
  }
}

function byDirection<T>(make: (direction: Direction, n: number) => T): Record<Direction, T> {
  return Object.fromEntries(DIRECTIONS.map((direction, n) => [direction, make(direction, n)])) as Record<
    Direction,
    T
  >;
}

function isSame(a: Sentence, b: Sentence): boolean {
  return a.over === b.over && a.units.length === b.units.length && countCommon(a, b) === a.units.length;
}

function countCommon(a: Sentence, b: Sentence): number {
  const differing = a.units.findIndex((unit, i) => unit !== b.units[i]);
  return differing < 0 ? a.units.length : differing;
}

/** The first turns of a sentence that are also those of a changed one. */
function keptTurns(old: Sentence, turns: readonly Turn[], sentence: Sentence): Turn[] {
  const common = countCommon(old, sentence);
  const isLast = (read: number) => sentence.over && read === sentence.units.length;
  const differing = turns.findIndex(({ read, over }) => read > common || over !== isLast(read));
  return turns.slice(0, differing < 0 ? turns.length : differing);
}

function shown({ units, over, turns }: Work): TranslatedSentence {
  return { units, over, turns: byDirection((direction) => [...turns[direction]]) };
}
