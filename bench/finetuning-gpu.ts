// A step of fine-tuning on WebGPU in Node: its gradient compared with that of WebAssembly, and the memory of the learner.
// Times only on a GPU; on an adapter that the processor emulates, they say nothing about a GPU, and a few tokens are read.
// FOLDER is a model folder, by default that of the default model.
// Run: node scripts/run.mjs bench/finetuning-gpu.ts [FOLDER]

import { firstModel, nodeGpu, readModelData } from '../scripts/node';
import { createWasmLearner } from '../src/cpu/finetuning/wasm-learner';
import { reportAdapter } from '../src/gpu/device';
import { createWebGpuLearner } from '../src/gpu/finetuning/webgpu-learner';
import { newAdapter } from '../src/model/finetuning/adapter';
import { type Learner, SEGMENT } from '../src/model/finetuning/learner';
import { estimate } from '../src/workers/statistics';

const ROUNDS = 9;
const RANK = 8;
const FEW_TOKENS = 16;

const model = await readModelData(process.argv[2] ?? firstModel());
const gpu = await nodeGpu();
const adapter = await reportAdapter(gpu);
const count = adapter?.isSoftware ? FEW_TOKENS : SEGMENT;
const { values, ...rest } = newAdapter(model.config, RANK, 1);
const trained = { ...rest, values: values.map((x, i) => x || 0.01 * Math.sin(i)) };
const ids = Array.from({ length: count + 1 }, (_, i) => (i ? 7 + ((i * 2654435761) % 4000) : 0));

async function learn(learner: Learner) {
  learner.restart();
  learner.use(trained);
  return learner.learn(ids.slice(0, -1), ids.slice(1));
}

const onGpu = await createWebGpuLearner(model, RANK, gpu);
const onCpu = await createWasmLearner(model, RANK);
const [mine, expected] = [await learn(onGpu), await learn(onCpu)];
const square = (numbers: ArrayLike<number>) => Array.from(numbers).reduce((sum, x) => sum + x * x, 0);
const difference = Array.from(mine.gradient, (x, i) => x - expected.gradient[i]);
console.log(`${onGpu.device}, ${count} tokens`);
console.log(`nats per token: ${mine.nats / count}, on WebAssembly ${expected.nats / count}`);
console.log(
  `difference of the gradient: ${Math.sqrt(square(difference) / square(expected.gradient))} of its rms`,
);
if (!adapter?.isSoftware) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    await learn(onGpu);
    times.push(performance.now() - started);
  }
  console.log(`a step: ${JSON.stringify(estimate(times))} ms`);
}
const megabytes = Object.entries(onGpu.memory()).map(
  ([part, bytes]) => `${part} ${(bytes / 2 ** 20).toFixed(1)} MB`,
);
console.log(`memory: ${megabytes.join(', ')}`);
onGpu.destroy();
onCpu.destroy();
