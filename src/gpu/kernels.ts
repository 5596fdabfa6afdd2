import type { LAYER_TENSORS, MatrixOf } from '../model/core/tensors';
import type { Precision } from '../model/core/weights';
import { type Constant, printConstants, shapeConstants } from './constants';
import type { Machine } from './machine';
import type { MatrixKind } from './matrices';
import { CHUNK, ELEMENT_THREADS, MATMUL_ROWS, type Plan } from './plan';
import advance from './shaders/advance.wgsl?raw';
import appendHistory from './shaders/append-history.wgsl?raw';
import attend from './shaders/attend.wgsl?raw';
import attention from './shaders/attention.wgsl?raw';
import candidates from './shaders/candidates.wgsl?raw';
import chunk from './shaders/chunk.wgsl?raw';
import embed from './shaders/embed.wgsl?raw';
import embedding from './shaders/embedding.wgsl?raw';
import features from './shaders/features.wgsl?raw';
import headFeatures from './shaders/heads.wgsl?raw';
import logits from './shaders/logits.wgsl?raw';
import math from './shaders/math.wgsl?raw';
import matmul from './shaders/matmul.wgsl?raw';
import mlp from './shaders/mlp.wgsl?raw';
import normalize from './shaders/normalize.wgsl?raw';
import penalties from './shaders/penalties.wgsl?raw';
import random from './shaders/random.wgsl?raw';
import rank from './shaders/rank.wgsl?raw';
import record from './shaders/record.wgsl?raw';
import records from './shaders/records.wgsl?raw';
import reduce from './shaders/reduce.wgsl?raw';
import residual from './shaders/residual.wgsl?raw';
import rotate from './shaders/rotate.wgsl?raw';
import sample from './shaders/sample.wgsl?raw';
import scores from './shaders/scores.wgsl?raw';
import shareInSubgroups from './shaders/share.subgroups.wgsl?raw';
import share from './shaders/share.wgsl?raw';
import vectors from './shaders/vectors.wgsl?raw';
import float16 from './shaders/weights.float16.wgsl?raw';
import float32 from './shaders/weights.float32.wgsl?raw';
import int4 from './shaders/weights.int4.wgsl?raw';
import int8 from './shaders/weights.int8.wgsl?raw';
import { printStructs } from './structs';

/** Templates of the reads of a matrix, for each precision. `matrix` becomes the name of its binding in a kernel. */
const READS = { float32, float16, int8, int4 };

/** Reads of a matrix that a kernel binds as `binding`. */
export function readsOf(precision: Precision, binding: string): string {
  return READS[precision].replaceAll('matrix', binding).replaceAll('MATRIX', binding.toUpperCase());
}

/** How matmul.wgsl stores its results. */
const EPILOGUES = { STORE: 0, RELU_SQUARED: 1, ADD: 2 } as const;

export type KernelName =
  | 'attention'
  | 'mlp'
  | 'logits'
  | 'sample'
  | 'rank'
  | 'embed'
  | 'normalizeAttention'
  | 'normalizeMlp'
  | 'qkv'
  | 'projection'
  | 'up'
  | 'down'
  | 'features'
  | 'scores'
  | 'attend'
  | 'advance'
  | 'records'
  | 'appendHistory';

/** A compiled kernel. */
export interface Kernel {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  /** The number of each binding, by its name in WGSL. */
  readonly bindings: ReadonlyMap<string, number>;
}

export type Kernels = Readonly<Record<KernelName, Kernel>>;

export interface Recipe {
  /** WGSL modules, joined. */
  readonly modules: readonly string[];
  readonly threads: number;
  /** The kernel's constants, in addition to the shapes. */
  readonly constants?: Readonly<Record<string, Constant>>;
}

function recipes(plan: Plan, shares: boolean): Record<KernelName, Recipe> {
  const { config, paddedWidth } = plan;
  const { at } = plan.vectors;
  const { hiddenSize: d, heads, intermediateSize: f } = config;
  const tensors = [math, vectors];
  const normalized = [...tensors, reduce, residual];
  const reads = (kind: MatrixKind, binding: string = kind) => readsOf(plan.packings[kind].precision, binding);
  const matrices = [reads('qkv'), reads('output', 'projection')];
  const embeds = [reads('embedding'), rotate, embedding];
  const sharing = shares ? shareInSubgroups : share;
  const product = (
    kind: MatrixOf<typeof LAYER_TENSORS>,
    rows: number,
    columns: number,
    outStride: number,
    epilogue: keyof typeof EPILOGUES,
  ): Recipe => ({
    modules: [...tensors, reads(kind, 'weights'), chunk, sharing, matmul],
    threads: MATMUL_ROWS / 4,
    constants: {
      ROWS: rows,
      COLUMNS: columns, // padded
      OUT_STRIDE: outStride, // stride of the output's tokens, in numbers
      WEIGHTS_SCALE_AT: at[`${kind}Scale`],
      ...EPILOGUES,
      EPILOGUE: EPILOGUES[epilogue],
      TOKENS_A_THREAD: plan.tokensAThread,
    },
  });
  return {
    attention: {
      modules: [...normalized, ...matrices, rotate, headFeatures, attention],
      threads: plan.attentionThreads,
      constants: { PROJECTION_SCALE_AT: at.outputScale },
    },
    mlp: { modules: [...normalized, reads('up'), reads('down'), mlp], threads: plan.mlpThreads },
    logits: {
      modules: [...normalized, reads('embedding'), candidates, logits],
      threads: plan.headThreads,
    },
    sample: {
      modules: [...tensors, ...embeds, random, reduce, record, penalties, sample],
      threads: plan.vocabThreads,
    },
    rank: { modules: [math, candidates, rank], threads: plan.headThreads },
    embed: { modules: [...tensors, ...embeds, chunk, embed], threads: ELEMENT_THREADS },
    normalizeAttention: {
      modules: [...normalized, normalize],
      threads: plan.headThreads,
      constants: { NORM_AT: at.attentionNorm },
    },
    normalizeMlp: {
      modules: [...normalized, normalize],
      threads: plan.headThreads,
      constants: { NORM_AT: at.mlpNorm },
    },
    qkv: product('qkv', 3 * d, paddedWidth, 3 * d, 'STORE'),
    projection: product('output', d, heads * plan.paddedHeadWidth, paddedWidth, 'ADD'),
    up: product('up', f, paddedWidth, plan.slices * plan.slice, 'RELU_SQUARED'),
    down: product('down', d, plan.slices * plan.slice, paddedWidth, 'ADD'),
    features: {
      modules: [...tensors, reduce, rotate, headFeatures, chunk, features],
      threads: plan.headThreads,
    },
    scores: { modules: [math, chunk, scores], threads: CHUNK },
    attend: { modules: [...tensors, chunk, sharing, attend], threads: plan.attendThreads },
    advance: { modules: [chunk, advance], threads: ELEMENT_THREADS },
    records: { modules: [math, reduce, record, chunk, records], threads: plan.vocabThreads },
    appendHistory: { modules: [chunk, appendHistory], threads: ELEMENT_THREADS },
  };
}

/** WGSL of every kernel. @param subgroups whether the device has that feature */
export function kernelCode(plan: Plan, subgroups: boolean): Record<KernelName, string> {
  const shares = plan.sharesReads && subgroups;
  return printKernels(recipes(plan, shares), shapeConstants(plan), shares ? 'enable subgroups;' : '');
}

/** WGSL of kernels. @param shapes constants that each kernel may use @param enable the first line of each */
export function printKernels<Name extends string>(
  recipes: Record<Name, Recipe>,
  shapes: Readonly<Record<string, Constant>>,
  enable = '',
): Record<Name, string> {
  const code = ({ modules, threads, constants }: Recipe) => {
    const body = modules.join('\n');
    const names = new Set(body.replaceAll(/\/\/.*/g, '').match(/\b[A-Z][A-Z0-9_]*\b/g));
    const all = Object.entries({ ...shapes, WORKGROUP: threads, ...constants });
    // Only these constants, so that more configurations have the same code and tests compile it once.
    const used = Object.fromEntries(all.filter(([name]) => names.has(name)));
    return [enable, printConstants(used), printStructs(), body].join('\n');
  };
  const coded = Object.entries<Recipe>(recipes).map(([name, recipe]) => [name, code(recipe)]);
  return Object.fromEntries(coded) as Record<Name, string>;
}

/** The number of each binding that a kernel declares, by its name. */
export function readBindings(code: string): Map<string, number> {
  const declarations = code.matchAll(/@group\(0\) @binding\((\d+)\) var<[^>]*> (\w+)/g);
  return new Map(Array.from(declarations, ([, number, name]) => [name, Number(number)]));
}

/** Compiles all kernels in parallel. @throws EngineError 'internal' with the compiler's message. */
export async function createKernels<Name extends string>(
  machine: Machine,
  code: Readonly<Record<Name, string>>,
): Promise<Record<Name, Kernel>> {
  const { device } = machine;
  const compile = async ([name, code]: [string, string]) => {
    const module = await machine.checked(() => device.createShaderModule({ label: name, code }));
    const compute = { module, entryPoint: 'main' };
    const pipeline = device.createComputePipelineAsync({ label: name, layout: 'auto', compute });
    const kernel: Kernel = { name, pipeline: await machine.wait(pipeline), bindings: readBindings(code) };
    return [name, kernel];
  };
  return Object.fromEntries(await Promise.all(Object.entries<string>(code).map(compile)));
}
