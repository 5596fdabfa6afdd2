import { expect, test } from 'vitest';
import type { DeviceReport } from '../../workers/benchmark-client';
import { isConstant, kernelShares, markdown } from './report';

const at = (median: number) => ({ median, low: 0.9 * median, high: 1.1 * median });
const memory = { weights: 7e6, state: 9e5, scratch: 1e6, transfer: 0 };
const report: DeviceReport = {
  date: '2030-01-02T00:00:00.000Z',
  browser: 'a browser',
  cores: 8,
  model: {
    id: 'm',
    name: 'M',
    digest: '0123456789abcdef',
    parameters: 7e6,
    precision: { embedding: 'int8', layers: 'int4' },
  },
  positions: [64, 65536],
  shortened: null,
  cacheBytes: [4e5, 4e8],
  missing: [{ kind: 'webgpu', reason: 'There is none.' }],
  backends: [
    {
      kind: 'cpu',
      device: 'fast',
      startMs: 100,
      decode: at(1),
      prefill: at(0.25),
      flatness: at(1),
      places: [
        { position: 64, decode: at(1), memory },
        { position: 65536, decode: at(1), memory: { ...memory } },
      ],
      kernels: [
        { name: 'mlp', count: 6, ms: 0.1 },
        { name: 'logits', count: 1, ms: 0.9 },
      ],
    },
  ],
};

test('the report has every measurement, and the backends that were not measured', () => {
  const text = markdown(report);
  expect(text).toContain('| time per written token at position 65,536 | 1 ms (0.90 to 1.10) |');
  expect(text).toContain('| slowdown, token 65,536 vs 64 | 1.000 (0.900 to 1.100) |');
  expect(text).toContain('would take 400 MB at position 65,536');
  expect(text).toContain('GPU (WebGPU) was not measured: There is none.');
});

test('kernelShares gives the time per token of each kernel, slowest first', () => {
  const shares = kernelShares(report.backends[0]);
  expect(shares.map(({ name }) => name)).toEqual(['logits', 'mlp × 6']);
  expect(shares[1].ms).toBeCloseTo(0.6);
});

test('isConstant detects memory that grows', () => {
  const [backend] = report.backends;
  expect(isConstant(backend)).toBe(true);
  const [near, far] = backend.places;
  const grown = { ...far, memory: { ...memory, state: memory.state + 1 } };
  expect(isConstant({ ...backend, places: [near, grown] })).toBe(false);
});
