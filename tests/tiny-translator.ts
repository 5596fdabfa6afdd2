import type { Config } from '../src/model/core/config';
import type { ModelData } from '../src/model/runtime/backend';
import { CONTROLS, DIRECTIONS } from '../src/model/text/simultaneous';
import { Tokenizer } from '../src/model/text/tokenizer';
import { randomModel } from './random-model';

/**
 * A random model with the vocabulary of a translation model: the controls, the languages and the 256 bytes. Small embeddings
 * of the bytes make its units short.
 */
export function tinyTranslator(seed = 7): ModelData & { readonly tokenizer: Tokenizer } {
  const names = [...CONTROLS, ...DIRECTIONS];
  const model = randomModel({ vocab_size: names.length + 256 }, seed);
  const { bytes } = model.weights.embedding;
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const space = names.length + 32;
  for (let id = names.length; id < names.length + 256; id++)
    if (id !== space) for (let i = 0; i < 8; i++) values[8 * id + i] *= 0.4;
  return { ...model, tokenizer: byteTokenizer(names, model.config) };
}

/** A tokenizer whose entries are `names` and the bytes. */
function byteTokenizer(names: readonly string[], config: Config): Tokenizer {
  let next = 256;
  const entries = Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(printable ? byte : next++);
  });
  const vocab = Object.fromEntries([...names, ...entries].map((entry, id) => [entry, id]));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return new Tokenizer(
    {
      version: '1.0',
      pre_tokenizer: byteLevel,
      decoder: byteLevel,
      post_processor: null,
      normalizer: null,
      model: { type: 'BPE', vocab, merges: [] },
    },
    config,
  );
}
