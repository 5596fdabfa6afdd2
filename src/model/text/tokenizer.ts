import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import type { Config } from '../core/config';
import { EngineError } from '../runtime/errors';
import { type Encoded, joinEncoded } from './encoded';
import { ARTICLE_BREAK } from './text';
import { StreamingDecoder } from './vocabulary';

const PIECE = 1 << 14; // UTF-16 units per piece, about 15 ms
const REMEDY = 'Use the tokenizer.json of the same model folder.';

/** Byte-level BPE from the model's tokenizer.json. */
export class Tokenizer {
  /** The bytes of each token. */
  readonly bytes: readonly Uint8Array[];
  readonly bosTokenId: number;
  private readonly bpe: HuggingFaceTokenizer;

  /** @throws EngineError 'tokenizer' if the file is damaged or does not match the configuration. */
  constructor(json: unknown, config: Config) {
    const file = json as { model?: { vocab?: Record<string, number> } } | null;
    const vocabulary = file?.model?.vocab;
    if (typeof vocabulary !== 'object' || vocabulary === null) throw misfit('it has no vocabulary');
    const entries = Object.entries(vocabulary);
    if (entries.length !== config.vocabSize)
      throw misfit(`it has ${entries.length} entries, the model ${config.vocabSize}`);
    this.bosTokenId = config.bosTokenId;
    const bytes: Uint8Array[] = new Array(config.vocabSize);
    for (const [entry, id] of entries) {
      if (!Number.isInteger(id) || id < 0 || id >= config.vocabSize || bytes[id])
        throw misfit(`the id ${id} of ${JSON.stringify(entry)} is out of range or taken`);
      bytes[id] = id === config.bosTokenId ? new TextEncoder().encode(ARTICLE_BREAK) : entryBytes(entry);
    }
    this.bytes = bytes;
    try {
      // Without added tokens, the library reads a typed <|endoftext|> as literal text.
      this.bpe = new HuggingFaceTokenizer({ ...file, added_tokens: [] }, {});
    } catch (cause) {
      throw misfit(`it cannot be read (${(cause as Error).message})`);
    }
  }

  /** Ids of a text. Lone surrogates become U+FFFD. */
  encode(text: string): Encoded {
    return joinEncoded([...this.encodePieces(text)]);
  }

  /** Ids of a text, piece by piece, so that a caller can yield or stop in between. */
  *encodePieces(text: string): Generator<Encoded> {
    const wellFormed = text.toWellFormed();
    for (let start = 0; start < wellFormed.length; ) {
      const end = cut(wellFormed, start);
      const ids = Uint32Array.from(
        this.bpe.encode(wellFormed.slice(start, end), { add_special_tokens: false }).ids,
      );
      const decoder = new StreamingDecoder((id) => this.bytes[id]);
      yield { ids, lengths: Uint32Array.from(ids, (id) => decoder.push(id).length) };
      start = end;
    }
  }

  /** Ids of a text that arrives in parts, the same as those of the whole text, with the text of each piece. */
  async *encodeStream(
    parts: AsyncIterable<string>,
  ): AsyncGenerator<{ readonly text: string; readonly tokens: Encoded }> {
    let held = '';
    for await (const part of parts) {
      held += part;
      while (held.length > PIECE + 1) {
        const end = cut(held, 0); // without the last unit, which may be half of a pair
        const text = held.slice(0, end).toWellFormed();
        held = held.slice(end);
        yield { text, tokens: this.encode(text) };
      }
    }
    if (held) yield { text: held.toWellFormed(), tokens: this.encode(held) };
  }

  /** The text of token ids, without an incomplete character at the end. */
  decode(ids: Iterable<number>): string {
    const decoder = new StreamingDecoder((id) => this.bytes[id]);
    let text = '';
    for (const id of ids) text += decoder.push(id);
    return text;
  }
}

/** The end of the piece that starts at `start`: before a space if there is one, because byte-level BPE never joins there. */
function cut(text: string, start: number): number {
  const limit = start + PIECE;
  if (limit >= text.length) return text.length;
  for (let i = limit; i > start + PIECE / 2; i--) if (text[i] === ' ' && !/\s/.test(text[i - 1])) return i;
  const splitsPair = /[\uDC00-\uDFFF]/.test(text[limit]);
  return splitsPair ? limit - 1 : limit;
}

/** GPT-2's byte alphabet: printable bytes map to themselves, other bytes to code points from 256. */
const BYTE_OF = (() => {
  const bytes = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    bytes.set(String.fromCharCode(printable ? byte : next++), byte);
  }
  return bytes;
})();

function entryBytes(entry: string): Uint8Array {
  return Uint8Array.from(entry, (character) => {
    const byte = BYTE_OF.get(character);
    if (byte === undefined) throw misfit(`${JSON.stringify(entry)} is not a byte-level entry`);
    return byte;
  });
}

function misfit(message: string): EngineError {
  return new EngineError('tokenizer', `tokenizer.json does not fit the model: ${message}.`, REMEDY);
}
