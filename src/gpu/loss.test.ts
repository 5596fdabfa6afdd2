import { expect, test, vi } from 'vitest';
import { randomModel } from '../../tests/random-model';
import { countRecords, idsOf } from '../model/sampling/records';
import { GREEDY } from '../model/sampling/sampling';
import { findAdapter, openDevice, reportAdapter } from './device';
import { gpu } from './testing';
import { createWebGpuBackend } from './webgpu-backend';

/** A GPU that also exposes its device. */
function tapped() {
  const devices: GPUDevice[] = [];
  const requestAdapter = async () => {
    const adapter = (await gpu.requestAdapter())!;
    const requestDevice = async (descriptor: GPUDeviceDescriptor) => {
      const device = await adapter.requestDevice(descriptor);
      devices.push(device);
      return device;
    };
    const { limits, info, features } = adapter;
    return { limits, info, features, requestDevice };
  };
  return { devices, gpu: { requestAdapter } as unknown as GPU };
}

const REQUEST = { sampling: GREEDY, maxTokens: 100_000, stopTokens: [] };

test('a lost device rejects pending and later calls, and no call hangs', async () => {
  const { devices, gpu } = tapped();
  const backend = await createWebGpuBackend(randomModel(), gpu);
  const streams = await backend.open(1);
  await streams.read([0]);
  const write = async () => {
    let batches = 0;
    for await (const _ of streams.decode([REQUEST])) if (++batches === 3) devices[0].destroy();
  };
  await expect(write()).rejects.toMatchObject({ code: 'device-lost' });
  expect(await backend.lost).toMatchObject({ code: 'device-lost' });
  await expect(streams.read([1])).rejects.toMatchObject({ code: 'device-lost' });
  await expect(streams.snapshot()).rejects.toMatchObject({ code: 'device-lost' });
  await expect(backend.open(1)).rejects.toMatchObject({ code: 'device-lost' });
  streams.close();
  backend.destroy();
});

test('destroying a backend during a read rejects the read, without reporting a loss', async () => {
  const backend = await createWebGpuBackend(randomModel(), gpu);
  const streams = await backend.open(1);
  const reading = streams.read(new Uint8Array(5000), { onProgress: () => backend.destroy() });
  await expect(reading).rejects.toMatchObject({ code: 'device-lost' });
  const lost = backend.lost.then(() => 'lost');
  expect(await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 300))])).toBeUndefined();
});

test('stops at once, yields the finished tokens, and resumes after them', async () => {
  const backend = await createWebGpuBackend(randomModel(), gpu);
  const streams = await backend.open(1);
  await streams.read([0]);
  const abort = new AbortController();
  let tokens = 0;
  for await (const [{ records }] of streams.decode([REQUEST], { signal: abort.signal })) {
    tokens += countRecords(records);
    if (tokens > 3) abort.abort();
  }
  expect(streams.length()).toBe(1 + tokens);
  const { length } = await streams.snapshot();
  expect(length).toBe(1 + tokens);
  backend.destroy();
});

test('with slow tokens, Stop does not wait: the token in flight is undone', async () => {
  let clock = 0;
  let alarm = { at: Number.POSITIVE_INFINITY, ring: () => {} };
  vi.spyOn(performance, 'now').mockImplementation(() => {
    clock += 100;
    if (clock >= alarm.at) alarm.ring();
    return clock;
  });
  const backend = await createWebGpuBackend(randomModel(), gpu);
  const streams = await backend.open(2);
  const request = {
    sampling: { ...GREEDY, temperature: 1, repetitionPenalty: 1.3 },
    maxTokens: 30,
    stopTokens: [],
  };
  const write = async (stopAfter: number, maxTokens = 30) => {
    const abort = new AbortController();
    const ids: number[][] = [[], []];
    const requests = [
      { ...request, maxTokens },
      { ...request, maxTokens },
    ];
    for await (const batch of streams.decode(requests, { signal: abort.signal })) {
      for (const [s, { records }] of batch.entries()) ids[s].push(...idsOf(records));
      // In the middle of the next token, because each part reads the clock twice.
      if (ids[0].length === stopAfter) alarm = { at: clock + 400, ring: () => abort.abort() };
    }
    return ids;
  };
  const begin = async () => {
    for (const stream of [0, 1]) {
      await streams.restore(null, stream);
      await streams.read([0, 1 + stream], { stream });
    }
  };
  await begin();
  const whole = await write(-1);
  await begin();
  const first = await write(7);
  expect(first[0].length).toBe(7);
  expect(streams.length()).toBe(2 + first[0].length);
  const rest = await write(-1, 30 - first[0].length);
  expect([0, 1].map((s) => [...first[s], ...rest[s]])).toEqual(whole);
  backend.destroy();
  vi.restoreAllMocks();
});

test('a missing or too small adapter throws a device error', async () => {
  const none = { requestAdapter: async () => null } as unknown as GPU;
  expect(await reportAdapter(undefined)).toBeNull();
  expect(await reportAdapter(none)).toBeNull();
  expect((await reportAdapter(gpu))?.name).toBeTruthy();
  await expect(createWebGpuBackend(randomModel(), undefined)).rejects.toMatchObject({ code: 'device' });
  await expect(createWebGpuBackend(randomModel(), none)).rejects.toMatchObject({ code: 'device' });
  await expect(
    openDevice(await findAdapter(gpu), { bufferBytes: 2 ** 60, workgroupBytes: 0 }),
  ).rejects.toMatchObject({
    code: 'device',
  });
  await expect(
    openDevice(await findAdapter(gpu), { bufferBytes: 0, workgroupBytes: 2 ** 30 }),
  ).rejects.toMatchObject({
    code: 'device',
  });
  const backend = await createWebGpuBackend(randomModel(), gpu);
  await expect(backend.open(10_000_000)).rejects.toMatchObject({ code: 'device' });
  backend.destroy();
});
