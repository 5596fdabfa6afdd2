import type { Config } from '../core/config';
import {
  readMetadata,
  readSafetensors,
  type StoredTensor,
  toFloat32,
  writeSafetensors,
} from '../core/safetensors';
import { LAYER_TENSORS, layerPrefix, shapeOf } from '../core/tensors';
import { EngineError } from '../runtime/errors';
import { type Adapter, adapterSize, factors, MAX_RANK, TARGETS } from './adapter';

/** The two files of an adapter, as Hugging Face PEFT reads and writes them (https://huggingface.co/docs/peft). */
export interface AdapterFiles {
  /** adapter_config.json */
  readonly config: string;
  /** adapter_model.safetensors */
  readonly weights: ArrayBuffer;
}

export const CONFIG_FILE = 'adapter_config.json';
export const WEIGHTS_FILE = 'adapter_model.safetensors';

/** The targets by their names in the trainer's model. A list of suffixes would match query_proportion.output, too. */
const TARGET_MODULES = String.raw`layers\.\d+\.(attention\.(qkv|output)|mlp\.(up|down))`;
const PREFIX = 'base_model.model.';
/** In the metadata of the weights: the digest of the base model. */
const BASE_DIGEST = 'base_digest';
/** Keys of PEFT that would change the formula W + scale B A. */
const UNSUPPORTED = [
  'use_dora',
  'use_rslora',
  'rank_pattern',
  'alpha_pattern',
  'fan_in_fan_out',
  'lora_bias',
];

/** @param base id and digest of the model that the adapter changes */
export function writeAdapter(
  { rank, scale, values }: Adapter,
  config: Config,
  base: { readonly id: string; readonly digest: string },
): AdapterFiles {
  const about = {
    peft_type: 'LORA',
    base_model_name_or_path: base.id,
    r: rank,
    lora_alpha: scale * rank,
    target_modules: TARGET_MODULES,
    lora_dropout: 0,
    bias: 'none',
    inference_mode: true,
  };
  const tensors = new Map<string, StoredTensor>();
  forEachFactor(config, rank, values, (name, shape, { buffer, byteOffset, byteLength }) =>
    tensors.set(name, { dtype: 'F32', shape, bytes: new Uint8Array(buffer, byteOffset, byteLength) }),
  );
  const weights = writeSafetensors(tensors, { format: 'pt', [BASE_DIGEST]: base.digest });
  return { config: `${JSON.stringify(about, null, 2)}\n`, weights: weights.buffer };
}

/** The digest of the base model that the files name; null if they name none. @throws EngineError 'weights' */
export function readBase({ weights }: Pick<AdapterFiles, 'weights'>): string | null {
  return readMetadata(weights, BASE_DIGEST, WEIGHTS_FILE);
}

/**
 * Reads an adapter for a model.
 * @throws EngineError 'input' if it belongs to another model or has an unsupported form, 'weights' if a file is damaged
 */
export function readAdapter(files: AdapterFiles, config: Config, digest: string): Adapter {
  const { rank, scale } = readConfig(files.config);
  const base = readBase(files);
  if (base !== null && base !== digest)
    refuse(
      WEIGHTS_FILE,
      `belongs to the model with the digest ${base.slice(0, 8)}, not to ${digest.slice(0, 8)}`,
      'Load the model that the adapter was made from.',
    );
  const tensors = readSafetensors(files.weights, WEIGHTS_FILE);
  const values = new Float32Array(adapterSize(config, rank));
  forEachFactor(config, rank, values, (name, shape, to) => {
    const tensor = tensors.get(name);
    if (tensor?.shape.join() !== shape.join())
      refuse(WEIGHTS_FILE, `has no ${name} of the shape [${shape}]`, 'Load the model that it was made from.');
    to.set(toFloat32(tensor!));
    tensors.delete(name);
  });
  const [unexpected] = tensors.keys();
  if (unexpected !== undefined)
    refuse(
      WEIGHTS_FILE,
      `contains ${unexpected}`,
      'Use an adapter of attention.qkv, attention.output and mlp.',
    );
  if (!values.every(Number.isFinite))
    refuse(WEIGHTS_FILE, 'holds a value that is not finite', 'Teach the model again.');
  return { rank, scale, values };
}

function readConfig(text: string): { rank: number; scale: number } {
  let json: Record<string, unknown>;
  try {
    json = Object(JSON.parse(text));
  } catch (cause) {
    refuse(CONFIG_FILE, `is not JSON (${(cause as Error).message})`, 'Use a file that PEFT wrote.');
  }
  const { peft_type: kind, r: rank, lora_alpha: alpha, bias } = json;
  const remedy = `Use a LoRA adapter with one rank from 1 to ${MAX_RANK} for all matrices.`;
  const isSet = (value: unknown) =>
    typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
  const unsupported = UNSUPPORTED.find((key) => isSet(json[key]));
  if (unsupported) refuse(CONFIG_FILE, `sets "${unsupported}"`, remedy);
  if (kind !== 'LORA') refuse(CONFIG_FILE, `has the "peft_type" ${JSON.stringify(kind)}`, remedy);
  if (bias !== undefined && bias !== 'none')
    refuse(CONFIG_FILE, `has the "bias" ${JSON.stringify(bias)}`, remedy);
  if (!Number.isInteger(rank) || (rank as number) < 1 || (rank as number) > MAX_RANK)
    refuse(CONFIG_FILE, `has the rank ${JSON.stringify(rank)}`, remedy);
  if (typeof alpha !== 'number' || !Number.isFinite(alpha))
    refuse(CONFIG_FILE, `has the "lora_alpha" ${JSON.stringify(alpha)}`, remedy);
  return { rank: rank as number, scale: (alpha as number) / (rank as number) };
}

/** Calls `visit` with each factor: its name in the file, its shape, and its numbers as a view of `values`. */
function forEachFactor(
  config: Config,
  rank: number,
  values: Float32Array,
  visit: (name: string, shape: number[], numbers: Float32Array) => void,
): void {
  for (const [n, layer] of factors(config, rank, values).entries())
    for (const target of TARGETS) {
      const [rows, columns] = shapeOf(LAYER_TENSORS[target], config);
      const module = PREFIX + layerPrefix(n) + LAYER_TENSORS[target].name.replace(/\.weight$/, '');
      visit(`${module}.lora_A.weight`, [rank, columns], layer[target].A);
      visit(`${module}.lora_B.weight`, [rows, rank], layer[target].B);
    }
}

function refuse(file: string, message: string, remedy: string): never {
  throw new EngineError('input', `${file} ${message}.`, remedy);
}
