import type { Backend, Streams } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import type { Model } from '../model/runtime/folder';
import { logProbabilitiesOf } from '../model/sampling/records';
import { TextCounter, type TextCounts } from '../model/text/counts';
import type { Tokenizer } from '../model/text/tokenizer';

/** The loss of a model on a text. All losses are in nats. */
export interface TextScore extends TextCounts {
  readonly tokens: number;
  /** Of the text in UTF-8. */
  readonly bytes: number;
  readonly nats: number;
  /** The mean loss of each `every` tokens; the last part may be shorter. */
  readonly along: { readonly every: number; readonly means: Float32Array };
  /** The words with the highest loss, highest first. */
  readonly words: readonly ScoredWord[];
  /** The sentences of 4 tokens or more with the highest loss per token, highest first. */
  readonly sentences: readonly ScoredSentence[];
  readonly sentenceCount: number;
  /** False if it was stopped. */
  readonly isComplete: boolean;
}

interface ScoredWord {
  readonly text: string;
  /** The text before it, at most CONTEXT units. */
  readonly before: string;
  /** UTF-16 units of the text before it. */
  readonly at: number;
  readonly nats: number;
}

/** The loss on a sentence of any length. */
export interface ScoredSentence {
  /** At most LONGEST units. */
  readonly text: string;
  /** UTF-16 units of the text before it. */
  readonly at: number;
  readonly tokens: number;
  readonly nats: number;
}

/** Sentences in the order of the text, as they end. */
export interface NewSentences {
  /** Number of sentences before them; 0 again if the text is read again. */
  readonly first: number;
  readonly list: readonly ScoredSentence[];
}

/** Receives the UTF-16 units that were read so far, and the new sentences; the reading waits for its promise. */
type OnScored = (units: number, sentences: NewSentences) => void | Promise<void>;

const LISTED = 100; // words and sentences
const LEAST = 4; // tokens of a listed sentence
const CONTEXT = 48;
const LONGEST = 400;
const SENTENCE_END = /[.!?…]["')\]»”’]*$/;

/** Scores a file on a new stream. @throws EngineError 'input' if it is not text in UTF-8 */
export async function scoreFile(
  { tokenizer }: Model,
  backend: Backend,
  file: Blob,
  signal: AbortSignal,
  onProgress: OnScored,
): Promise<TextScore> {
  const streams = await backend.open(1);
  try {
    const parts = readParts(file.stream().pipeThrough(new TextDecoderStream('utf-8', { fatal: true })));
    return await scoreText(tokenizer, streams, parts, signal, onProgress);
  } finally {
    streams.close();
  }
}

/** The values of a stream. Safari has no async iteration of streams. @throws EngineError 'input' */
async function* readParts(stream: ReadableStream<string>): AsyncGenerator<string> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } catch (cause) {
    throw cause instanceof TypeError
      ? new EngineError('input', 'This is not text in UTF-8.', 'Save it as plain text in UTF-8.', { cause })
      : new EngineError('input', `It cannot be read (${(cause as Error).message}).`, 'Choose it again.', {
          cause,
        });
  } finally {
    reader.cancel().catch(() => {}); // of a stream that has failed
  }
}

/**
 * Reads a text that arrives in parts, and measures the loss of each token given all before it. Its memory does not grow
 * with the text.
 * @param streams an empty stream
 */
export async function scoreText(
  tokenizer: Tokenizer,
  streams: Streams,
  parts: AsyncIterable<string>,
  signal: AbortSignal,
  onProgress: OnScored,
): Promise<TextScore> {
  const counter = new TextCounter();
  const tally = new Tally();
  let [bytes, units] = [0, 0];
  await streams.read([tokenizer.bosTokenId]);
  for await (const { text, tokens } of tokenizer.encodeStream(parts)) {
    const { count, records } = await streams.read(tokens.ids, { records: true, signal });
    let end = 0;
    for (const [i, logProbability] of logProbabilitiesOf(records!).entries()) {
      tally.add(text.slice(end, end + tokens.lengths[i]), -logProbability);
      end += tokens.lengths[i];
    }
    const read = text.slice(0, end);
    counter.add(read);
    bytes += new TextEncoder().encode(read).length;
    units += end;
    await onProgress(units, tally.takeSentences());
    if (signal.aborted || count < tokens.ids.length) break;
  }
  const score = { ...counter.finish(), ...tally.finish(), bytes, isComplete: !signal.aborted };
  await onProgress(units, tally.takeSentences());
  return score;
}

/** Collects the losses of tokens in order. */
class Tally {
  private tokens = 0;
  private nats = 0;
  private sentenceCount = 0;
  private readonly along = new Means();
  private readonly words = new Highest<ScoredWord>(({ nats }) => nats);
  private readonly sentences = new Highest<ScoredSentence>(({ nats, tokens }) => nats / tokens);
  private word = { text: '', before: '', at: 0, nats: 0 };
  private sentence = { text: '', at: 0, tokens: 0, nats: 0 };
  /** Sentences that `takeSentences` has not returned yet. */
  private ended: ScoredSentence[] = [];
  /** Loss of the tokens before, which end inside a character. */
  private held = { tokens: 0, nats: 0 };
  private before = '';
  private at = 0;

  add(text: string, nats: number): void {
    this.tokens++;
    this.nats += nats;
    this.along.add(nats);
    const tokens = this.held.tokens + 1;
    const loss = this.held.nats + nats;
    if (!text) {
      this.held = { tokens, nats: loss };
      return;
    }
    this.held = { tokens: 0, nats: 0 };
    this.addToSentence(text, tokens, loss);
    this.addToWord(text, loss);
    this.at += text.length;
    this.before = (this.before + text).slice(-CONTEXT);
  }

  takeSentences(): NewSentences {
    const list = this.ended;
    this.ended = [];
    return { first: this.sentenceCount - list.length, list };
  }

  finish() {
    this.endWord();
    this.endSentence();
    const { tokens, nats, sentenceCount } = this;
    return {
      tokens,
      nats,
      sentenceCount,
      along: this.along.finish(),
      words: this.words.list,
      sentences: this.sentences.list,
    };
  }

  /** A word is what is between white space. Its loss is that of the tokens that end in it. */
  private addToWord(text: string, nats: number): void {
    const inner = text.trimEnd();
    const start = inner.search(/\S+$/);
    if (/^\s/.test(text)) this.endWord();
    if (start >= 0) {
      if (start > 0) this.endWord();
      const part = inner.slice(start);
      if (!this.word.text) {
        const before = (this.before + text.slice(0, start)).slice(-CONTEXT);
        this.word = { text: '', before, at: this.at + start, nats: 0 };
      }
      this.word.text = (this.word.text + part).slice(0, LONGEST);
      this.word.nats += nats;
    }
    if (inner.length < text.length) this.endWord();
  }

  private endWord(): void {
    if (this.word.text) this.words.add({ ...this.word });
    this.word.text = '';
  }

  /** A sentence ends at . ! ? … before white space, and at a line end. White space belongs to the sentence before it. */
  private addToSentence(text: string, tokens: number, nats: number): void {
    if (/^\s+\S/.test(text) && SENTENCE_END.test(this.sentence.text.slice(-CONTEXT).trimEnd()))
      this.endSentence();
    const { sentence } = this;
    if (!sentence.text.trim()) {
      sentence.text = '';
      sentence.at = this.at + text.length - text.trimStart().length;
    }
    sentence.text += text;
    sentence.tokens += tokens;
    sentence.nats += nats;
    if (text.includes('\n')) this.endSentence();
  }

  private endSentence(): void {
    const { text, at, tokens, nats } = this.sentence;
    if (text.trim()) {
      this.sentenceCount++;
      const sentence = { text: text.trim().slice(0, LONGEST), at, tokens, nats };
      this.ended.push(sentence);
      if (tokens >= LEAST) this.sentences.add(sentence);
    }
    this.sentence = { text: '', at: 0, tokens: 0, nats: 0 };
  }
}

/** Means of equal parts. When there are too many, pairs of them join. */
class Means {
  private static readonly MOST = 1024;
  private every = 1;
  private sums: number[] = [];
  private count = 0;

  add(value: number): void {
    const part = Math.floor(this.count++ / this.every);
    if (part === Means.MOST) {
      this.sums = Array.from({ length: part / 2 }, (_, i) => this.sums[2 * i] + this.sums[2 * i + 1]);
      this.every *= 2;
      this.count--;
      this.add(value);
      return;
    }
    this.sums[part] = (this.sums[part] ?? 0) + value;
  }

  finish(): TextScore['along'] {
    const { sums, every, count } = this;
    const means = Float32Array.from(sums, (sum, i) => sum / Math.min(every, count - i * every));
    return { every, means };
  }
}

/** The LISTED values with the highest measure, highest first; of equal ones, the first. */
class Highest<T> {
  readonly list: T[] = [];
  private readonly measure: (value: T) => number;

  constructor(measure: (value: T) => number) {
    this.measure = measure;
  }

  add(value: T): void {
    const { list, measure } = this;
    const height = measure(value);
    if (list.length === LISTED && height <= measure(list[LISTED - 1])) return;
    let place = list.length;
    while (place > 0 && measure(list[place - 1]) < height) place--;
    list.splice(place, 0, value);
    list.length = Math.min(list.length, LISTED);
  }
}
