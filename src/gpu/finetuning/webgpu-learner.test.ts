import { expect, test } from 'vitest';
import { countGpuCalls } from '../../../tests/count-gpu-calls';
import { relativeError } from '../../../tests/golden';
import { learnSegments } from '../../../tests/golden-gradients';
import { describeLearner, randomAdapter, textOf } from '../../../tests/learner-conformance';
import { randomModel } from '../../../tests/random-model';
import { ReferenceLearner } from '../../model/finetuning/reference-learner';
import type { ModelData } from '../../model/runtime/backend';
import { gpuWith, sharedGpu } from '../testing';
import { createWebGpuLearner } from './webgpu-learner';

const create = (model: ModelData, rank: number) => createWebGpuLearner(model, rank, sharedGpu());

describeLearner('WebGPU', create, 2);

/** Compares two segments with the reference. */
async function agree(model: ModelData, rank = 5) {
  const adapter = randomAdapter(model, rank);
  const learner = await create(model, rank);
  learner.use(adapter);
  const segments = [textOf(70), textOf(72).slice(69)]; // the second is shorter than the convolution
  const mine = await learnSegments(learner, segments);
  const expected = await learnSegments(new ReferenceLearner(model, adapter), segments);
  expect(relativeError(mine.losses, expected.losses)).toBeLessThan(1e-5);
  expect(relativeError(mine.gradient, expected.gradient)).toBeLessThan(1e-3);
}

test.each([-200, 200])('agrees with the reference with a bias of the gates of %i', async (bias) => {
  const model = randomModel({ num_hidden_layers: 2 });
  for (const { decayBias } of model.weights.layers) decayBias!.fill(bias);
  await agree(model);
});

test('agrees with the reference with queries that are all zero, an MLP of one unit and a vocabulary of two', async () => {
  const model = randomModel({ normalizer: 'denominator', intermediate_size: 1, num_hidden_layers: 2 });
  const [layer] = model.weights.layers;
  new Float32Array(layer.qkv.bytes.buffer).fill(0, 0, model.config.hiddenSize ** 2);
  await agree(model);
});

test('agrees with the reference on huge and on tiny weights', async () => {
  for (const scale of [30, 1e-2]) await agree(randomModel({ num_hidden_layers: 2 }, 2, scale));
});

test('takes exactly the memory that it states, for segments of any length', async () => {
  const counts = countGpuCalls();
  const live = counts().liveBytes;
  const model = randomModel();
  const learner = await create(model, 2);
  learner.use(randomAdapter(model, 2));
  for (const length of [3, 513]) {
    await learner.learn(textOf(length).slice(1), textOf(length).slice(1));
    const { base, merged, scratch } = learner.memory();
    expect(counts().liveBytes - live).toBe(base + merged + scratch);
  }
  learner.destroy();
});

test('a lost device rejects the segment and every later one', async () => {
  const devices: GPUDevice[] = [];
  const tapped = gpuWith((adapter) => ({
    requestDevice: async (descriptor: GPUDeviceDescriptor) => {
      devices.push(await adapter.requestDevice(descriptor));
      return devices[0];
    },
  }));
  const model = randomModel();
  const learner = await createWebGpuLearner(model, 2, tapped);
  learner.use(randomAdapter(model, 2));
  const learning = learner.learn(textOf(200), textOf(200));
  devices[0].destroy();
  await expect(learning).rejects.toMatchObject({ code: 'device-lost' });
  await expect(learner.score([1], [2])).rejects.toMatchObject({ code: 'device-lost' });
  learner.destroy();
});
