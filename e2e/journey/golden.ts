import { createWebGpuBackend } from '../../src/gpu/webgpu-backend';
import { parseConfig } from '../../src/model/core/config';
import { readWeights } from '../../src/model/core/weights';
import { logProbabilitiesOf } from '../../src/model/sampling/records';
import { relativeError } from '../../tests/golden';

const STEPS = 8;

/**
 * Runs in the page. Compares this browser's WebGPU with the golden float64 vectors of the model in a folder. The errors
 * are max|a - b| / rms(b): of log-probabilities after prefill, and of the logits after STEPS more decode steps.
 */
export async function errors(folder: string): Promise<{ logProbabilities: number; logits: number }> {
  const read = async (name: string) => (await fetch(`${folder}/${name}`)).json();
  const config = parseConfig(await read('config.json'));
  const file = await (await fetch(`${folder}/model.safetensors`)).arrayBuffer();
  const { tokens, logProbabilities, finalLogits } = await read('golden.json');
  const model = { config, weights: readWeights(file, config), digest: '' };
  const backend = await createWebGpuBackend(model, navigator.gpu);
  try {
    const streams = await backend.open(1);
    const { records } = await streams.read(tokens.slice(0, -STEPS), { records: true });
    for (const token of tokens.slice(-STEPS)) await streams.read([token]);
    const actual = logProbabilitiesOf(records!).slice(1); // the first token has no prediction
    return {
      logProbabilities: relativeError(actual, logProbabilities.slice(0, -STEPS)),
      logits: relativeError(await streams.logits(), finalLogits),
    };
  } finally {
    backend.destroy();
  }
}
