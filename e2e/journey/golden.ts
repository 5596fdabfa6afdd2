import { createWebGpuBackend } from '../../src/gpu/webgpu-backend';
import { parseConfig } from '../../src/model/core/config';
import { readWeights } from '../../src/model/core/weights';
import { RECORD_SIZE } from '../../src/model/sampling/sampling';
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
    // Entry i is for token i + 1; the first token has none.
    const expected: number[] = logProbabilities.slice(0, -STEPS);
    return {
      logProbabilities: relativeError(
        expected.map((_, i) => records![(i + 1) * RECORD_SIZE + 1]),
        expected,
      ),
      logits: relativeError(await streams.logits(), finalLogits),
    };
  } finally {
    backend.destroy();
  }
}
