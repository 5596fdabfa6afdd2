import type { Matrix } from '../model/core/weights';
import type { Backend, KernelTime, Memory, ModelData } from '../model/runtime/backend';
import type { EngineError } from '../model/runtime/errors';
import { findAdapter, openDevice, report } from './device';
import type { DeviceWeights } from './device-weights';
import { createKernels, type Kernels } from './kernels';
import { Machine } from './machine';
import { packEnds, packedBytes, packMatrix, packVectors } from './pack';
import { GRAPHICS, makePlan, type Plan, SOFTWARE, sharedPrecision, type Tuning } from './plan';
import { WebGpuStreams } from './streams';

/**
 * Opens a device with sufficient limits and uploads the model.
 * @param tuning overrides the adapter's default tuning
 * @throws EngineError 'device' if there is none.
 */
export async function createWebGpuBackend(
  model: ModelData,
  gpu: GPU | undefined,
  tuning?: Tuning,
): Promise<WebGpuBackend> {
  const adapter = await findAdapter(gpu);
  const { isSoftware, name } = report(adapter);
  const plan = makePlan(
    model.config,
    sharedPrecision(model.weights),
    tuning ?? (isSoftware ? SOFTWARE : GRAPHICS),
  );
  const { workgroupBytes } = plan;
  const bufferBytes = Math.max(4 * plan.stateSize, ...matrices(model, plan).map(([, , bytes]) => bytes));
  const device = await openDevice(adapter, { bufferBytes, workgroupBytes });
  const machine = new Machine(device);
  try {
    const [kernels, weights] = await Promise.all([
      createKernels(machine, plan),
      machine.checked(() => upload(machine, model, plan)),
    ]);
    return new WebGpuBackend(model, machine, name, plan, kernels, weights);
  } catch (error) {
    machine.destroy();
    throw error;
  }
}

/** The WebGPU backend. It owns its device. */
export class WebGpuBackend implements Backend {
  readonly kind = 'webgpu';
  readonly device: string;
  readonly lost: Promise<EngineError>;
  private readonly model: ModelData;
  private readonly machine: Machine;
  private readonly plan: Plan;
  private readonly kernels: Kernels;
  private readonly weights: DeviceWeights;

  constructor(
    model: ModelData,
    machine: Machine,
    name: string,
    plan: Plan,
    kernels: Kernels,
    weights: DeviceWeights,
  ) {
    this.model = model;
    this.machine = machine;
    this.device = `WebGPU, ${name}`;
    this.lost = machine.lost;
    this.plan = plan;
    this.kernels = kernels;
    this.weights = weights;
  }

  /** Dispatches per decode step, for any number of streams. */
  get dispatchesPerToken(): number {
    return 2 * this.plan.config.layers + 2;
  }

  open(count: number): Promise<WebGpuStreams> {
    const { machine, plan, kernels, weights, model } = this;
    return machine.checked(() => new WebGpuStreams({ machine, plan, kernels, weights, model }, count));
  }

  async kernelTimes(): Promise<KernelTime[] | null> {
    const streams = await this.open(1);
    try {
      return await streams.kernelTimes();
    } finally {
      streams.close();
    }
  }

  memory(): Memory {
    return this.machine.memory;
  }

  destroy(): void {
    this.machine.destroy();
  }
}

/** Each matrix with its column group and its packed bytes: the embedding, then the matrices of each layer. */
function matrices({ weights, config }: ModelData, plan: Plan): [Matrix, number, number][] {
  const { hiddenSize: d, headWidth: e } = config;
  const packed = (matrix: Matrix, group: number): [Matrix, number, number] => [
    matrix,
    group,
    packedBytes(matrix, group, plan.precision),
  ];
  const layers = weights.layers.flatMap(({ qkv, output, up, down }) => [
    packed(qkv, d),
    packed(output, e),
    packed(up, d),
    packed(down, plan.slice),
  ]);
  return [packed(weights.embedding, d), ...layers];
}

function upload(machine: Machine, model: ModelData, plan: Plan): DeviceWeights {
  const { STORAGE } = GPUBufferUsage;
  const [embedding, ...others] = matrices(model, plan).map(([matrix, group, bytes]) =>
    machine.buffer('weights', 'a matrix', bytes, STORAGE, (range) =>
      packMatrix(matrix, group, plan.precision, new Uint8Array(range)),
    ),
  );
  const ends = machine.buffer('weights', 'small tensors', 4 * plan.ends.size, STORAGE, (range) =>
    packEnds(model.weights, plan, new Float32Array(range)),
  );
  const layers = model.weights.layers.map((layer, n) => {
    const [qkv, projection, up, down] = others.slice(4 * n, 4 * n + 4);
    const vectors = machine.buffer('weights', 'small tensors', 4 * plan.vectors.size, STORAGE, (range) =>
      packVectors(layer, plan, new Float32Array(range)),
    );
    return { qkv, projection, up, down, vectors };
  });
  return { embedding, ends, layers };
}
