import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJson } from '../../scripts/node';
import { everyPrecision } from '../../tests/quantize';
import { parseConfig } from '../model/core/config';
import { learnerKernelCode } from './finetuning/kernels';
import { kernelCode } from './kernels';
import type { MatrixPrecisions } from './matrices';
import { makePlan } from './plan';
import { GRAPHICS, SOFTWARE } from './tuning';

const root = new URL('../../', import.meta.url).pathname;
const deno = join(root, 'node_modules/.bin/deno');

interface Kernel {
  readonly label: string;
  readonly code: string;
  /** Whether to also compile it for the driver, which takes a second with SwiftShader and little time with lavapipe. */
  readonly pipeline: boolean;
}

interface Report {
  readonly compiled: number;
  /** Kernels that need subgroups, if the driver has none. */
  readonly withoutFeature: readonly string[];
  readonly errors: Readonly<Record<string, string>>;
}

/** Compiles kernels with naga in Deno. @throws if Deno or a driver is missing, or if naga crashes */
function compileWithNaga(kernels: readonly Kernel[]): Report {
  const folder = mkdtempSync(join(tmpdir(), 'naga-'));
  try {
    const file = join(folder, 'kernels.json');
    writeFileSync(file, JSON.stringify(kernels));
    const args = ['run', '-A', '--unstable-webgpu', '--no-lock', join(root, 'tests/naga.mjs'), file];
    const output = execFileSync(deno, args, { env: environment(), encoding: 'utf8' });
    return JSON.parse(output.trim().split('\n').at(-1)!);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Uses lavapipe if it is installed, else the driver of the other tests. */
function environment(): NodeJS.ProcessEnv {
  const drivers = '/usr/share/vulkan/icd.d';
  const lavapipe = existsSync(drivers) && readdirSync(drivers).find((name) => name.startsWith('lvp_icd'));
  return lavapipe ? { ...process.env, VK_ICD_FILENAMES: join(drivers, lavapipe) } : process.env;
}

/** Configurations of the golden and of the published models. */
function configurations(): [string, string][] {
  return ['tests/golden/models', 'public/weights'].flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }): [string, string] => [name, join(root, folder, name, 'config.json')]),
  );
}

const TUNINGS = [
  ['graphics', GRAPHICS, false],
  ['software', SOFTWARE, false],
  ['software, subgroups', SOFTWARE, true],
] as const;

const PRECISIONS: [string, MatrixPrecisions][] = [
  ['float32', everyPrecision('float32')],
  ['float16', everyPrecision('float16')],
  ['int8', everyPrecision('int8')],
  ['int4', everyPrecision('int4')],
  ['int4, int8 embedding', everyPrecision('int4', 'int8')],
  ['mixed', { embedding: 'float16', qkv: 'int4', output: 'int8', up: 'float32', down: 'int4' }],
];

/** All distinct kernels of every configuration, precision and tuning. */
function everyKernel(): Kernel[] {
  const kernels = new Map<string, Kernel>();
  for (const [model, path] of configurations())
    for (const [precision, precisions] of PRECISIONS)
      for (const [tuning, values, subgroups] of TUNINGS) {
        const plan = makePlan(parseConfig(readJson(path)), precisions, values);
        const isGraphics = tuning === 'graphics';
        const learner = isGraphics ? Object.entries(learnerKernelCode(plan)) : [];
        const pipeline = model === 'wiki-10m-v3' && precision.includes('int8') && isGraphics;
        for (const [name, code] of [...Object.entries(kernelCode(plan, subgroups)), ...learner])
          kernels.set(code, { label: [name, model, precision, tuning].join(', '), code, pipeline });
      }
  return [...kernels.values()];
}

test('naga compiles every kernel in every configuration', { timeout: 300_000 }, () => {
  const kernels = everyKernel();
  const { compiled, withoutFeature, errors } = compileWithNaga(kernels);
  expect(errors).toEqual({});
  expect(withoutFeature.every((label) => label.endsWith('subgroups'))).toBe(true);
  expect(compiled + withoutFeature.length).toBe(kernels.length);
});

test.each([
  ['WGSL with a syntax error', 'fn main() -> { }'],
  ['an unknown name', '@compute @workgroup_size(WORKGROUP) fn main() {}'],
  ['a type error', '@compute @workgroup_size(1) fn main() { var x: u32 = 1.5; x += 1; }'],
])('naga reports %s', (_, bad) => {
  const kernel = (label: string, code: string) => ({ label, code, pipeline: true });
  const good = kernel('good', '@compute @workgroup_size(1) fn main() {}');
  const { compiled, errors } = compileWithNaga([good, kernel('bad', bad)]);
  expect([compiled, Object.keys(errors)]).toEqual([1, ['bad']]);
});
