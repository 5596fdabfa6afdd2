import { describe, expect, test } from 'vitest';
import { everyPrecision, withPrecision } from '../../tests/quantize';
import { randomModel } from '../../tests/random-model';
import { kernelCode } from './kernels';
import { precisionsOf } from './matrices';
import { makePlan } from './plan';
import { GRAPHICS, SOFTWARE } from './tuning';

/** Values of the integer and bool constants of WGSL that a set of workgroup variables depends on. */
function evaluator(code: string): (expression: string) => number {
  const constants = new Map(
    Array.from(code.matchAll(/^const (\w+)(?:: \w+)? = ([^;]+);/gm), ([, name, value]) => [name, value]),
  );
  const functions = {
    max: (a: bigint, b: bigint) => (a > b ? a : b),
    select: (a: bigint, b: bigint, condition: boolean) => (condition ? b : a),
  };
  const substitute = (expression: string): string =>
    expression
      .replace(/\b(\d+)u\b/g, '$1n')
      .replace(/\b(\d+)(?![n\w])/g, '$1n')
      .replace(/\b[A-Z][A-Z0-9_]*\b/g, (name) => `(${substitute(constants.get(name)!)})`);
  return (expression) =>
    Number(
      new Function(...Object.keys(functions), `return ${substitute(expression)}`)(
        ...Object.values(functions),
      ),
    );
}

const SIZES = { f32: 4, u32: 4, 'atomic<u32>': 4, 'vec2<f32>': 8, 'vec2<u32>': 8, 'vec4<f32>': 16 };

/** Bytes of a kernel's workgroup variables, each rounded up to 16 (WGSL, 'Resource limits'). */
function workgroupBytes(code: string): number {
  const evaluate = evaluator(code);
  const alias = code.match(/^alias Numbers = ([^;]+);/m)?.[1];
  const sizeOf = (type: string): number => {
    const [, element, length] = type.match(/^array<([^,]+(?:<[^>]*>)?), (.*)>$/) ?? [];
    if (element) return sizeOf(element) * evaluate(length);
    const size = SIZES[(type === 'Numbers' ? alias! : type) as keyof typeof SIZES];
    if (!size) throw new Error(`The test has no size for the type ${type}.`);
    return size;
  };
  const variables = code.matchAll(/^var<workgroup> \w+: ([^;]+);/gm);
  return Array.from(variables, ([, type]) => 16 * Math.ceil(sizeOf(type) / 16)).reduce((a, b) => a + b, 0);
}

describe('a plan has the workgroup memory of the kernel that needs most', () => {
  test.each<[string, Record<string, unknown>]>([
    ['the smallest heads', { hidden_size: 4, num_attention_heads: 1 }],
    ['several heads', { hidden_size: 256, num_attention_heads: 4, proportion_hidden_size: 16 }],
    ['wide heads', { hidden_size: 512, num_attention_heads: 1, proportion_hidden_size: 128 }],
    ['a denominator', { hidden_size: 512, num_attention_heads: 2, normalizer: 'denominator' }],
    ['no re-weighting', { hidden_size: 88, num_attention_heads: 1, reweighting: 'none' }],
    ['a wide MLP', { intermediate_size: 65_536 }],
    ['a large vocabulary', { vocab_size: 8192 }],
  ])('%s', (_, options) => {
    const { config } = randomModel(options);
    for (const tuning of [GRAPHICS, SOFTWARE])
      for (const precision of ['float32', 'int8', 'int4'] as const) {
        const plan = makePlan(config, everyPrecision(precision), tuning);
        const bytes = Object.values(kernelCode(plan, true)).map(workgroupBytes);
        expect(plan.workgroupBytes).toBe(Math.max(...bytes));
      }
  });
});

test('each kind of matrix has its own precision, or float32 if the layers differ', () => {
  const model = withPrecision(randomModel({ num_hidden_layers: 2 }), 'int4', 'int8');
  expect(precisionsOf(model.weights)).toEqual(everyPrecision('int4', 'int8'));
  const [first, second] = model.weights.layers;
  const { up } = withPrecision(model, 'int8').weights.layers[1];
  const mixed = { ...model.weights, layers: [first, { ...second, up }] };
  expect(precisionsOf(mixed)).toEqual({ ...everyPrecision('int4', 'int8'), up: 'float32' });
});
