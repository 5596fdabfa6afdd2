import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

// npm run mutants [-- NAME...]: applies small wrong edits to a copy of the sources, one at a time, and runs the tests that
// should catch them. Prints 'caught' or 'SURVIVED' for each; the exit status is 1 if any survived. The working tree does not change.

interface Mutant {
  readonly name: string;
  readonly file: string;
  /** The text to replace, which must occur once in the file. */
  readonly from: string;
  readonly to: string;
  /** Arguments for vitest: the test files that run against it. */
  readonly tests: readonly string[];
}

const KERNELS = ['src/gpu/kernels.test.ts', '-t', 'smallest heads'];
const INT4 = ['src/gpu/kernels.test.ts', '-t', 'layers in int4 and an embedding in int8'];
const SAMPLING = ['src/gpu/sampling.test.ts', '-t', 'a vocabulary of 9'];
const PROPORTIONS = ['src/gpu/webgpu-backend.test.ts', '-t', 'near 1'];
const CPU = [
  'src/cpu/kernels.test.ts',
  'src/cpu/wasm-backend.test.ts',
  '-t',
  'a matrix|closes every gate|golden model leap-rms',
];
const MODEL = ['src/model'];

const MUTANTS: readonly Mutant[] = [
  {
    name: 'reference: z has no decay',
    file: 'src/model/core/reference.ts',
    from: 'z[r] = a * z[r] + kTilde[r];',
    to: 'z[r] = z[r] + kTilde[r];',
    tests: MODEL,
  },
  {
    name: 'reference: Pq and Pk are swapped',
    file: 'src/model/core/reference.ts',
    from: '[split(q, Pq), split(k, Pk)]',
    to: '[split(q, Pk), split(k, Pq)]',
    tests: MODEL,
  },
  {
    name: 'GPU: a repeated sequence of one token gets twice the penalty',
    file: 'src/gpu/shaders/penalties.wgsl',
    from: '1u << (followed[age] - 1u)',
    to: '1u << followed[age]',
    tests: SAMPLING,
  },
  {
    name: 'GPU: an int4 block ignores its scale',
    file: 'src/gpu/shaders/weights.int4.wgsl',
    from: 'return block.scale * vec4<f32>(integers);',
    to: 'return vec4<f32>(integers);',
    tests: INT4,
  },
  {
    name: 'CPU: the inputs of the convolution are one token late',
    file: 'src/cpu/kernels/rows.ts',
    from: 'v128.store(old, in1);',
    to: 'v128.store(old, in0);',
    tests: CPU,
  },
  {
    name: 'CPU: a matrix ignores its row scales',
    file: 'src/cpu/kernels/matrix.ts',
    from: 'const scaled = f32x4.mul(sums, v128.load(scale));',
    to: 'const scaled = sums;',
    tests: CPU,
  },
  {
    name: 'CPU: a token alone ignores the scales of int4 groups',
    file: 'src/cpu/kernels/matrix-int4.ts',
    from: 'return multiplyAdd(group, v128.load32_splat(s), sum);',
    to: 'return f32x4.add(sum, group);',
    tests: CPU,
  },
  {
    name: 'CPU: the start of a document does not clear the state',
    file: 'src/cpu/kernels/rows.ts',
    from: 'opens ? 0 : bias',
    to: 'opens ? 1 : bias',
    tests: CPU,
  },
  {
    name: 'GPU: 1 - P is computed by subtraction',
    file: 'src/gpu/shaders/heads.wgsl',
    from: 'return Proportion(sigmoid(sum), sigmoid(-sum));',
    to: 'return Proportion(sigmoid(sum), 1.0 - sigmoid(sum));',
    tests: PROPORTIONS,
  },
  {
    name: 'GPU: the decay between two tokens includes one token too many',
    file: 'src/gpu/shaders/scores.wgsl',
    from: 'for (var t = j + 1u; t <= last; t++)',
    to: 'for (var t = j; t <= last; t++)',
    tests: KERNELS,
  },
  {
    name: 'GPU: a barrier is missing after the state update',
    file: 'src/gpu/shaders/attention.wgsl',
    from: 'update(lane, memory + head * STATE_ROWS * E, memory + Z_AT + head * STATE_ROWS, a);\n  workgroupBarrier();',
    to: 'update(lane, memory + head * STATE_ROWS * E, memory + Z_AT + head * STATE_ROWS, a);',
    tests: KERNELS,
  },
  {
    name: 'GPU: the sine has the wrong sign in its third term',
    file: 'src/gpu/shaders/rotate.wgsl',
    from: 's * (1.0 / 120.0 +',
    to: 's * (-1.0 / 120.0 +',
    tests: KERNELS,
  },
  {
    name: 'sampler: top-p keeps one token too few',
    file: 'src/model/sampling/sampling.ts',
    from: 'return sorted[last] ?? highest;',
    to: 'return sorted[last + 1] ?? highest;',
    tests: MODEL,
  },
];

const root = resolve(import.meta.dirname, '..');
const copy = join(root, '.cache/mutants');

/** Long limits, because tests are slow on a busy machine and a timeout would count as a caught edit. */
const OPTIONS = ['--bail', '1', '--testTimeout', '1200000', '--hookTimeout', '1200000'];

/** Runs the tests in the copy; true when they pass. */
function pass(tests: readonly string[]): Promise<boolean> {
  const run = spawn('npx', ['vitest', 'run', ...OPTIONS, ...tests], { cwd: copy, stdio: 'ignore' });
  return new Promise((done) => run.on('exit', (status) => done(status === 0)));
}

/** Applies the edit to the copy, runs its tests and reverts the edit. */
async function isCaught({ name, file, from, to, tests }: Mutant): Promise<boolean> {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2)
    throw new Error(`${name}: ${file} must contain this text once: ${from}`);
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  try {
    return !(await pass(tests));
  } finally {
    writeFileSync(path, source);
  }
}

rmSync(copy, { recursive: true, force: true });
mkdirSync(copy, { recursive: true });
for (const name of [
  'src',
  'tests',
  'scripts',
  'docs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vite.config.ts',
  'release.json',
])
  cpSync(join(root, name), join(copy, name), { recursive: true });
for (const name of ['node_modules', 'public']) symlinkSync(join(root, name), join(copy, name));

const names = process.argv.slice(2);
const chosen = MUTANTS.filter(({ name }) => !names.length || names.some((part) => name.includes(part)));
for (const suite of new Set(chosen.map(({ tests }) => tests)))
  if (!(await pass(suite))) throw new Error(`These tests fail without any edit: ${suite.join(' ')}`);
let survivors = 0;
for (const mutant of chosen) {
  const caught = await isCaught(mutant);
  if (!caught) survivors++;
  console.log(`${caught ? 'caught  ' : 'SURVIVED'}  ${mutant.name}`);
}
console.log(`${chosen.length - survivors} of ${chosen.length} caught`);
process.exitCode = survivors ? 1 : 0;
