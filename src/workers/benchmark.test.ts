import { expect, test } from 'vitest';
import { shippedFolder } from '../../tests/files';
import { Benchmark, type BenchmarkProgress } from './benchmark';

test('measures the backends of this device, and lists the missing ones', async () => {
  const heard: BenchmarkProgress[] = [];
  const host = { readFile: () => shippedFolder(), gpu: undefined, browser: 'Node', cores: 1 };
  const benchmark = new Benchmark(host, (progress) => heard.push(progress));
  const report = await benchmark.run({ model: { url: 'x/' }, backend: 'auto', far: 1024 });
  expect(report).toMatchObject({ positions: [64, 1024], shortened: null, model: { id: 'wiki-10m-v3' } });
  expect(report.missing).toMatchObject([{ kind: 'webgpu', reason: expect.stringMatching(/WebGPU/) }]);
  const [cpu, ...others] = report.backends;
  expect(others).toEqual([]);
  expect(cpu).toMatchObject({ kind: 'cpu', kernels: null });
  expect(cpu.places.map(({ position }) => position)).toEqual([64, 1024]);
  expect(cpu.places[1].memory).toEqual(cpu.places[0].memory);
  const [near, far] = cpu.places;
  // Ratio of the last position to the first: above 1, later tokens cost more.
  expect(cpu.flatness.median / (far.decode.median / near.decode.median)).toBeGreaterThan(0.5);
  expect(cpu.flatness.median / (far.decode.median / near.decode.median)).toBeLessThan(2);
  expect(cpu.flatness.low).toBeLessThanOrEqual(cpu.flatness.median);
  expect(cpu.flatness.high).toBeGreaterThanOrEqual(cpu.flatness.median);
  expect(new Set(heard.map(({ label }) => label))).toContain('Reading 1,024 tokens on the CPU');
  expect(heard.every(({ part }) => part >= 0 && part <= 1)).toBe(true);
});
