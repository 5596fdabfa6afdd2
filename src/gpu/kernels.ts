import type { Precision } from '../model/core/weights';
import { type Constant, printConstants, shapeConstants } from './constants';
import type { Machine } from './machine';
import { CHUNK, MATMUL_ROWS, type Plan } from './plan';
import advance from './shaders/advance.wgsl?raw';
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
import remember from './shaders/remember.wgsl?raw';
import residual from './shaders/residual.wgsl?raw';
import sample from './shaders/sample.wgsl?raw';
import scores from './shaders/scores.wgsl?raw';
import shareInSubgroups from './shaders/share.subgroups.wgsl?raw';
import share from './shaders/share.wgsl?raw';
import turn from './shaders/turn.wgsl?raw';
import vectors from './shaders/vectors.wgsl?raw';
import float16 from './shaders/weights.float16.wgsl?raw';
import float32 from './shaders/weights.float32.wgsl?raw';
import int8 from './shaders/weights.int8.wgsl?raw';

const WEIGHTS: Record<Precision, string> = { float32, float16, int8 };
/** What matmul.wgsl does with its results. */
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
  | 'remember';

export type Kernels = Readonly<Record<KernelName, GPUComputePipeline>>;

interface Recipe {
  /** WGSL modules, joined. */
  readonly modules: readonly string[];
  readonly threads: number;
  /** The kernel's constants, in addition to the shapes. */
  readonly constants?: Readonly<Record<string, Constant>>;
}

function recipes(plan: Plan, shares: boolean): Record<KernelName, Recipe> {
  const { config, vectors: at, width } = plan;
  const { hiddenSize: d, heads, intermediateSize: f } = config;
  const tensors = [math, WEIGHTS[plan.precision], vectors];
  const perBlock = { float32: 4, float16: 8, int8: 16 }[plan.precision];
  const normalized = [...tensors, reduce, residual];
  const sharing = shares ? shareInSubgroups : share;
  const product = (
    rows: number,
    columns: number,
    outStride: number,
    scaleAt: number,
    epilogue: keyof typeof EPILOGUES,
  ): Recipe => ({
    modules: [...tensors, chunk, sharing, matmul],
    threads: MATMUL_ROWS / 4,
    constants: {
      ROWS: rows,
      BLOCKS: columns / perBlock, // per row
      OUT_STRIDE: outStride, // stride of the output's tokens, in numbers
      SCALE_AT: scaleAt,
      ...EPILOGUES,
      EPILOGUE: EPILOGUES[epilogue],
      TOKENS_A_THREAD: plan.tokensAThread,
    },
  });
  return {
    attention: { modules: [...normalized, turn, headFeatures, attention], threads: plan.attentionThreads },
    mlp: { modules: [...normalized, mlp], threads: plan.mlpThreads },
    logits: { modules: [...normalized, candidates, logits], threads: plan.headThreads },
    sample: {
      modules: [...tensors, random, reduce, record, turn, embedding, penalties, sample],
      threads: plan.vocabThreads,
    },
    rank: { modules: [math, candidates, rank], threads: plan.headThreads },
    embed: { modules: [...tensors, chunk, turn, embedding, embed], threads: 64 },
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
    qkv: product(3 * d, width, 3 * d, at.qkvScale, 'STORE'),
    projection: product(d, heads * plan.headWidth, width, at.outputScale, 'ADD'),
    up: product(f, width, plan.slices * plan.slice, at.upScale, 'RELU_SQUARED'),
    down: product(d, plan.slices * plan.slice, width, at.downScale, 'ADD'),
    features: {
      modules: [...tensors, reduce, turn, headFeatures, chunk, features],
      threads: plan.headThreads,
    },
    scores: { modules: [math, chunk, scores], threads: CHUNK },
    attend: { modules: [...tensors, chunk, sharing, attend], threads: plan.attendThreads },
    advance: { modules: [chunk, advance], threads: 64 },
    records: { modules: [math, reduce, record, chunk, records], threads: plan.vocabThreads },
    remember: { modules: [chunk, remember], threads: 64 },
  };
}

/** WGSL of every kernel. @param subgroups whether the device has that feature */
export function kernelCode(plan: Plan, subgroups: boolean): Record<KernelName, string> {
  const shares = plan.sharesReads && subgroups;
  const shapes = printConstants(shapeConstants(plan));
  const code = ({ modules, threads, constants }: Recipe) => {
    const own = printConstants({ WORKGROUP: threads, ...constants });
    return [shares ? 'enable subgroups;' : '', shapes, own, ...modules].join('\n');
  };
  const coded = Object.entries(recipes(plan, shares)).map(([name, recipe]) => [name, code(recipe)]);
  return Object.fromEntries(coded);
}

/** Compiles all kernels in parallel. @throws EngineError 'internal' with the compiler's message. */
export async function createKernels(machine: Machine, plan: Plan): Promise<Kernels> {
  const { device } = machine;
  const compile = async ([label, code]: [string, string]) => {
    const module = await machine.checked(() => device.createShaderModule({ label, code }));
    const compute = { module, entryPoint: 'main' };
    const pipeline = device.createComputePipelineAsync({ label, layout: 'auto', compute });
    return [label, await machine.wait(pipeline)];
  };
  const code = kernelCode(plan, device.features.has('subgroups'));
  return Object.fromEntries(await Promise.all(Object.entries(code).map(compile)));
}
