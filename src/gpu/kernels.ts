import type { Precision } from '../model/weights';
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
import shapes from './shaders/shapes.wgsl?raw';
import shareInSubgroups from './shaders/share.subgroups.wgsl?raw';
import share from './shaders/share.wgsl?raw';
import turn from './shaders/turn.wgsl?raw';
import vectors from './shaders/vectors.wgsl?raw';
import float16 from './shaders/weights.float16.wgsl?raw';
import float32 from './shaders/weights.float32.wgsl?raw';
import int8 from './shaders/weights.int8.wgsl?raw';

const WEIGHTS: Record<Precision, string> = { float32, float16, int8 };
const EPILOGUE = { store: 0, reluSquared: 1, add: 2 } as const;

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
  /** WGSL modules, joined; every kernel begins with the shapes. */
  readonly modules: readonly string[];
  readonly threads: number;
  /** Overrides of its own, beside the plan's. */
  readonly constants?: Readonly<Record<string, number>>;
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
    epilogue: keyof typeof EPILOGUE,
  ): Recipe => ({
    modules: [...tensors, chunk, sharing, matmul],
    threads: MATMUL_ROWS / 4,
    constants: {
      ROWS: rows,
      BLOCKS: columns / perBlock,
      OUT_STRIDE: outStride,
      SCALE_AT: scaleAt,
      EPILOGUE: EPILOGUE[epilogue],
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
    qkv: product(3 * d, width, 3 * d, at.qkvScale, 'store'),
    projection: product(d, heads * plan.headWidth, width, at.outputScale, 'add'),
    up: product(f, width, plan.slices * plan.slice, at.upScale, 'reluSquared'),
    down: product(d, plan.slices * plan.slice, width, at.downScale, 'add'),
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

/** Compiles every kernel, all at once. @throws EngineError 'internal' with the compiler's words. */
export async function createKernels(machine: Machine, plan: Plan): Promise<Kernels> {
  const { device } = machine;
  const shares = plan.sharesReads && device.features.has('subgroups');
  const compile = async ([label, { modules, threads, constants }]: [string, Recipe]) => {
    const code = [shares ? 'enable subgroups;' : '', shapes, ...modules].join('\n');
    const module = await machine.checked(() => device.createShaderModule({ label, code }));
    const pipeline = await machine.wait(
      device.createComputePipelineAsync({
        label,
        layout: 'auto',
        compute: {
          module,
          entryPoint: 'main',
          constants: { ...plan.constants, WORKGROUP: threads, ...constants },
        },
      }),
    );
    return [label, pipeline];
  };
  return Object.fromEntries(await Promise.all(Object.entries(recipes(plan, shares)).map(compile)));
}
