import type { Config } from '../core/config';
import { EngineError } from '../runtime/errors';
import { Tokenizer } from './tokenizer';

/** Characters of one to four bytes, words, numbers, spaces and line ends, each alone and beside others. */
const SAMPLE = ' The wren’s 1,234 eggs\tare  = small =\n\n\u00a0naïve Übung — чай, 茶, שלום, 🐦👩‍🔬!'.repeat(
  2,
);
/** The trainer's pattern of words. Others are rejected, because a text could keep a pattern busy without end. */
const WORDS = String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const REMEDY = 'Use the tokenizer.json of the same model folder: byte-level BPE by Hugging Face tokenizers.';

/**
 * Checks a tokenizer.json from an unknown source: it is byte-level BPE, fits the model, has every byte, and gives a text
 * back as it was.
 * @throws EngineError 'tokenizer'
 */
export function checkTokenizer(json: unknown, config: Config): void {
  const { normalizer, pre_tokenizer: splitting, model } = (json ?? {}) as Record<string, Json>;
  if (model?.type !== 'BPE') throw wrong(`has the type ${JSON.stringify(model?.type)} instead of "BPE"`);
  if (normalizer) throw wrong('changes the text before it splits it (its "normalizer" is not null)');
  const parts = splitting?.type === 'Sequence' ? splitting.pretokenizers : [splitting];
  if (!Array.isArray(parts) || !parts.every(isPart) || parts.at(-1)?.type !== 'ByteLevel')
    throw wrong(
      'splits texts in another way than GPT-2 or the trainer of this project (its "pre_tokenizer")',
    );
  const tokenizer = new Tokenizer(json, config);
  const single = new Set(tokenizer.bytes.filter(({ length }) => length === 1).map(([byte]) => byte));
  for (let byte = 0; byte < 256; byte++)
    if (!single.has(byte) && isInUtf8(byte)) throw wrong(`has no token for the byte 0x${byte.toString(16)}`);
  if (repeat(tokenizer) !== SAMPLE) throw wrong('does not give a text back as it was');
}

type Json = Record<string, unknown> | null | undefined;

function isPart(part: Json): boolean {
  if (part?.type === 'ByteLevel') return !part.add_prefix_space;
  return part?.type === 'Split' && part.behavior === 'Isolated' && (part.pattern as Json)?.Regex === WORDS;
}

/** The sample, encoded and decoded. */
function repeat(tokenizer: Tokenizer): string | null {
  try {
    return tokenizer.decode(tokenizer.encode(SAMPLE).ids);
  } catch {
    return null;
  }
}

function isInUtf8(byte: number): boolean {
  return byte < 0xf5 && byte !== 0xc0 && byte !== 0xc1;
}

function wrong(what: string): EngineError {
  return new EngineError('tokenizer', `tokenizer.json ${what}.`, REMEDY);
}
