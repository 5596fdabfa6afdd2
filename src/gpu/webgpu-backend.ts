import type { Backend, KernelTime, Memory, ModelData } from '../model/runtime/backend';
import type { EngineError } from '../model/runtime/errors';
import { findAdapter, openDevice, report } from './device';
import { type DeviceWeights, uploadWeights } from './device-weights';
import { createKernels, type Kernels, kernelCode } from './kernels';
import { Machine } from './machine';
import { largestMatrix, precisionsOf } from './matrices';
import { makePlan, type Plan } from './plan';
import { WebGpuStreams } from './streams';
import { GRAPHICS, SOFTWARE, type Tuning } from './tuning';

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
    precisionsOf(model.weights),
    tuning ?? (isSoftware ? SOFTWARE : GRAPHICS),
  );
  const { workgroupBytes } = plan;
  const bufferBytes = Math.max(4 * plan.stateSize, largestMatrix(model.weights, plan.packings));
  const device = await openDevice(adapter, { bufferBytes, workgroupBytes });
  const machine = new Machine(device);
  try {
    const [kernels, weights] = await Promise.all([
      createKernels(machine, kernelCode(plan, device.features.has('subgroups'))),
      machine.checked(() => uploadWeights(machine, model, plan)),
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
