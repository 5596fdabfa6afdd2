import { createWasmBackend } from '../cpu/wasm-backend';
import { type Config, parseConfig } from '../model/core/config';
import { readWeights } from '../model/core/weights';
import type { ModelData } from '../model/runtime/backend';
import { type CheckedFiles, readJson, withManifest } from '../model/runtime/check-files';
import { EngineError } from '../model/runtime/errors';
import { readBytes } from '../model/runtime/model-files';
import type { Proof } from '../model/runtime/model-index';
import { logProbabilitiesOf } from '../model/sampling/records';

/** The proof of one of the user's own models: what a graphics device must reproduce before the model runs on it. */

const TOKENS = 16;
const TOLERANCE = 1e-3; // nats

/**
 * Adds the proof to the manifest: the beginning of golden.json, which the CPU must reproduce. Without golden.json, it is
 * what the CPU computes for a few tokens of the vocabulary. Where WebAssembly does not run, golden.json is not compared, and
 * without it there is no proof.
 * @throws EngineError 'config' if golden.json is not valid, 'weights' if the model is not the one of golden.json, or
 * predicts numbers that are not finite
 */
export async function withProof(checked: CheckedFiles, golden: Blob | undefined): Promise<CheckedFiles> {
  const { manifest, files } = checked;
  const config = parseConfig(await readJson(files, 'config.json'));
  const given = golden && readGolden(await readJson({ 'golden.json': golden }, 'golden.json'), config);
  const weights = readWeights(await readBytes(files, 'model.safetensors'), config);
  const tokens = given?.tokens ?? someTokens(config);
  const computed = await compute({ config, weights, digest: manifest.digest }, tokens);
  if (computed && !computed.every(Number.isFinite))
    throw new EngineError(
      'weights',
      'The model predicts numbers that are not finite.',
      'Export the model again.',
    );
  if (computed && given?.logProbabilities.some((value, n) => Math.abs(value - computed[n]) > TOLERANCE))
    throw new EngineError(
      'weights',
      'golden.json has other log-probabilities than the model.',
      'Use the files of one model folder, or drop it without golden.json.',
    );
  const proof = given ?? (computed && { tokens, logProbabilities: computed });
  return proof ? withManifest({ ...manifest, proof }, files) : checked;
}

function readGolden(value: unknown, { vocabSize }: Config): Proof {
  const { tokens, logProbabilities } = (value ?? {}) as Partial<Record<keyof Proof, unknown>>;
  const isToken = (id: unknown) => Number.isInteger(id) && Number(id) >= 0 && Number(id) < vocabSize;
  const [ids, numbers] = [tokens, logProbabilities].map((list) => (Array.isArray(list) ? list : []));
  const proof = { tokens: ids.slice(0, TOKENS), logProbabilities: numbers.slice(0, TOKENS - 1) };
  const { length } = proof.tokens;
  if (
    length < 2 ||
    !proof.tokens.every(isToken) ||
    proof.logProbabilities.length !== length - 1 ||
    !proof.logProbabilities.every(Number.isFinite)
  )
    throw new EngineError(
      'config',
      'golden.json does not have "tokens" of the vocabulary and their "logProbabilities".',
      'Use the file that the trainer wrote, or drop the folder without golden.json.',
    );
  return proof;
}

/** `<|endoftext|>`, then tokens from all over the vocabulary. */
function someTokens({ bosTokenId, vocabSize }: Config): number[] {
  return Array.from({ length: TOKENS }, (_, n) => (n ? Math.floor((n * vocabSize) / TOKENS) : bosTokenId));
}

/** The log-probabilities of tokens[1..] on the CPU; null if WebAssembly does not run. */
async function compute(model: ModelData, tokens: readonly number[]): Promise<number[] | null> {
  const backend = await createWasmBackend(model).catch(() => null);
  if (!backend) return null;
  try {
    const streams = await backend.open(1);
    const { records } = await streams.read(tokens, { records: true });
    return logProbabilitiesOf(records!).slice(1);
  } finally {
    backend.destroy();
  }
}
