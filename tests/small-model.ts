import { parseConfig } from '../src/model/core/config';
import { tensorsOf } from '../src/model/core/tensors';
import { hash } from '../src/model/sampling/random';
import { safetensors } from './safetensors';

/** The files of a small random model, without a manifest. Its matrices are in int8, or in float32 if the seed is even. */
export function smallModel(
  seed = 1,
): Record<'config.json' | 'model.safetensors' | 'tokenizer.json', Uint8Array> {
  const tokenizer = smallTokenizer();
  const config = {
    model_type: 'leapformer',
    vocab_size: Object.keys(tokenizer.model.vocab).length,
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 32,
    hidden_act: 'relu2',
    rms_norm_eps: 1e-6,
    embedding_scale: 4,
    tie_word_embeddings: true,
    position: 'none',
    bos_token_id: 0,
    reweighting: 'leap',
    static_length: 16,
    proportion_hidden_size: 2,
    normalizer: 'rms',
    denominator_floor: 0.1,
    decay: true,
    conv_kernel: 4,
  };
  const tensors = tensorsOf(parseConfig(config)).map(({ name, shape, kind }, number) => {
    const length = shape.reduce((a, b) => a * b);
    const mean = name.endsWith('norm.weight') ? 1 : 0;
    const values = Float32Array.from({ length }, (_, i) => mean + (hash(seed, number, i) / 2 ** 31 - 1) / 4);
    if (kind === 'vector' || seed % 2 === 0)
      return [[name, ['F32', shape, new Uint8Array(values.buffer)] as const]] as const;
    const int8 = Int8Array.from(values, (value) => 127 * 4 * value);
    const scales = new Float32Array(shape[0]).fill(1 / 127 / 4);
    return [
      [name, ['I8', shape, new Uint8Array(int8.buffer)] as const],
      [`${name}_scale`, ['F32', [shape[0]], new Uint8Array(scales.buffer)] as const],
    ] as const;
  });
  const json = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  return {
    'config.json': json(config),
    'model.safetensors': new Uint8Array(safetensors(Object.fromEntries(tensors.flat()))),
    'tokenizer.json': json(tokenizer),
  };
}

/** Byte-level BPE with a few merges, in the form of the trainer's tokenizers. */
function smallTokenizer() {
  const printable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  const bytes = Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : next++),
  );
  const merges = ['Ġ t', 'h e', 'i n', 'Ġt he', 'a n'];
  const entries = ['<|endoftext|>', ...bytes, ...merges.map((merge) => merge.replace(' ', ''))];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: 0, content: '<|endoftext|>', special: true }],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', vocab: Object.fromEntries(entries.map((entry, id) => [entry, id])), merges },
  };
}
