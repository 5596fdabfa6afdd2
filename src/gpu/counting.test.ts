import { expect, test, vi } from 'vitest';
import { countGpuCalls } from '../../tests/count-gpu-calls';
import { randomModel } from '../../tests/random-model';
import { countRecords } from '../model/sampling/records';
import { GREEDY } from '../model/sampling/sampling';
import { gpu } from './testing';
import { createWebGpuBackend } from './webgpu-backend';

// Submission sizes depend on their time; here a fake clock makes them instant.
vi.spyOn(performance, 'now').mockReturnValue(0);

test.each([1, 8])(
  '%i streams: constant memory, and few dispatches, submissions and maps per token',
  async (count) => {
    const counts = countGpuCalls();
    const live = counts().liveBytes;
    const model = randomModel({
      vocab_size: 16,
      num_hidden_layers: 1,
      hidden_size: 4,
      num_attention_heads: 1,
    });
    const backend = await createWebGpuBackend(model, gpu);
    try {
      const streams = await backend.open(count);
      for (let stream = 0; stream < count; stream++) await streams.read([0, 1, 2], { stream });
      const sampling = { ...GREEDY, temperature: 1 };
      const write = async (maxTokens: number) => {
        const requests = Array.from({ length: count }, (_, seed) => ({
          sampling: { ...sampling, seed },
          maxTokens,
          stopTokens: [],
        }));
        let tokens = 0;
        for await (const [{ records }] of streams.decode(requests)) tokens += countRecords(records);
        return tokens;
      };
      await write(64);
      const { weights, state, scratch, transfer } = backend.memory();
      expect(counts().liveBytes - live).toBe(weights + state + scratch + transfer);

      const before = counts();
      const tokens = count === 1 ? 2000 : 256;
      expect(await write(tokens)).toBe(tokens);
      const after = counts();
      expect(after.liveBytes).toBe(before.liveBytes);
      expect(after.created).toBe(before.created);
      expect((after.dispatches - before.dispatches) / tokens).toBeLessThanOrEqual(2 * 1 + 2);
      expect((after.submits - before.submits) / tokens).toBeLessThan(1 / 4);
      expect((after.maps - before.maps) / tokens).toBeLessThan(1 / 4);
      streams.close();
      expect(backend.memory()).toEqual({ ...backend.memory(), state: 0, scratch: 0, transfer: 0 });
    } finally {
      backend.destroy();
    }
  },
  240_000,
);

test('times the kernels of a token by GPU timestamps', async () => {
  const backend = await createWebGpuBackend(randomModel(), gpu);
  const before = backend.memory();
  const times = await backend.kernelTimes();
  expect(times?.map(({ name, count }) => [name, count])).toEqual([
    ['sample', 1],
    ['attention', 1],
    ['mlp', 1],
    ['logits', 1],
  ]);
  for (const { ms } of times!) expect(ms).toBeGreaterThan(0);
  expect(backend.memory()).toEqual(before);
  backend.destroy();
});
