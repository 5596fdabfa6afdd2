import type { Config } from '../../model/core/config';
import type { Adapter } from '../../model/finetuning/adapter';
import {
  checkSegment,
  type Learner,
  type LearnerMemory,
  SEGMENT,
  type SegmentGradient,
  type SegmentLoss,
} from '../../model/finetuning/learner';
import type { ModelData } from '../../model/runtime/backend';
import { cancelled, EngineError } from '../../model/runtime/errors';
import type { Command } from '../commands';
import { findAdapter, openDevice, report } from '../device';
import { type DeviceWeights, uploadWeights } from '../device-weights';
import { createKernels } from '../kernels';
import { Machine } from '../machine';
import { largestMatrix, precisionsOf } from '../matrices';
import { PacedSubmissions } from '../paced-submissions';
import { makePlan, type Plan } from '../plan';
import { pack } from '../structs';
import { GRAPHICS } from '../tuning';
import { createLearnerBuffers, type LearnerBuffers, LOGIT_TILE, mergedSize } from './buffers';
import { FactorLayout } from './factors';
import { type LearnerKernels, learnerKernelCode } from './kernels';
import { LayerSteps } from './layer-steps';
import { Products } from './products';
import { Program } from './program';
import { backwardSteps, forwardSteps, lossSteps } from './steps';

/** Of a submission, in milliseconds. Stop waits for at most two. */
const SUBMISSION = 15;

/** A learner on WebGPU, for adapters of one rank. @throws EngineError 'device' if there is no device that suffices */
export async function createWebGpuLearner(
  model: ModelData,
  rank: number,
  gpu: GPU | undefined,
): Promise<WebGpuLearner> {
  const adapter = await findAdapter(gpu);
  const plan = makePlan(model.config, precisionsOf(model.weights), GRAPHICS);
  const layout = new FactorLayout(plan, rank);
  const bufferBytes = Math.max(
    4 * mergedSize(plan),
    4 * layout.size,
    largestMatrix(model.weights, plan.packings),
  );
  const device = await openDevice(adapter, { bufferBytes, workgroupBytes: 0 });
  const machine = new Machine(device);
  try {
    const [kernels, weights] = await Promise.all([
      createKernels(machine, learnerKernelCode(plan)),
      machine.checked(() => uploadWeights(machine, model, plan)),
    ]);
    const { name } = report(adapter);
    return await machine.checked(
      () => new WebGpuLearner(machine, name, plan, kernels, weights, layout, rank),
    );
  } catch (error) {
    machine.destroy();
    throw error;
  }
}

/** The learner on WebGPU. It owns its device. A lost device rejects every call with EngineError 'device-lost'. */
export class WebGpuLearner implements Learner {
  /** Name of the device, for the page. */
  readonly device: string;
  private readonly machine: Machine;
  private readonly config: Config;
  private readonly stateSize: number;
  private readonly layout: FactorLayout;
  private readonly rank: number;
  private readonly buffers: LearnerBuffers;
  private readonly submissions: PacedSubmissions;
  private readonly forward: Program;
  private readonly backward: Program;
  private readonly tiles: readonly { readonly score: Program; readonly learn: Program }[];
  private scale = 0;
  private position = 0;

  constructor(
    machine: Machine,
    name: string,
    plan: Plan,
    kernels: LearnerKernels,
    weights: DeviceWeights,
    layout: FactorLayout,
    rank: number,
  ) {
    this.device = `WebGPU, ${name}`;
    this.machine = machine;
    this.config = plan.config;
    this.stateSize = plan.stateSize;
    this.layout = layout;
    this.rank = rank;
    this.submissions = new PacedSubmissions(machine, SUBMISSION);
    const buffers = createLearnerBuffers(machine, plan, layout, rank);
    this.buffers = buffers;
    const layer = new LayerSteps(plan, weights, buffers);
    const products = new Products(plan, weights, layout, rank, buffers);
    const program = (steps: ConstructorParameters<typeof Program>[3]) =>
      new Program(machine, kernels, buffers.segment, steps);
    this.forward = program(forwardSteps(plan, weights, buffers, layer, products));
    this.backward = program(backwardSteps(plan, buffers, layer, products));
    this.tiles = Array.from({ length: SEGMENT / LOGIT_TILE }, (_, tile) => ({
      score: program(lossSteps(plan, buffers, products, tile * LOGIT_TILE, false)),
      learn: program(lossSteps(plan, buffers, products, tile * LOGIT_TILE, true)),
    }));
  }

  memory(): LearnerMemory {
    const { weights, state, scratch, transfer } = this.machine.memory;
    const merged = this.buffers.matrix.size;
    return { base: weights, merged, scratch: state + scratch + transfer - merged };
  }

  use(adapter: Adapter): void {
    if (adapter.rank !== this.rank)
      throw new EngineError(
        'internal',
        `The adapter has rank ${adapter.rank}, not ${this.rank}.`,
        'Start again.',
      );
    this.scale = adapter.scale;
    this.write(this.buffers.factors, this.layout.pack(adapter));
  }

  restart(): void {
    this.position = 0;
    this.write(this.buffers.state, new Float32Array(this.stateSize));
  }

  async score(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    signal?: AbortSignal,
  ): Promise<SegmentLoss> {
    return { nats: await this.read(tokens, targets, false, signal) };
  }

  async learn(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    signal?: AbortSignal,
  ): Promise<SegmentGradient> {
    const nats = await this.read(tokens, targets, true, signal);
    const { readGradient } = this.buffers;
    const gradient = await this.machine.readBack(readGradient, readGradient.size, (range) =>
      this.layout.unpack(new Float32Array(range), this.scale),
    );
    return { nats, gradient };
  }

  destroy(): void {
    this.machine.destroy();
  }

  /** Reads a segment, and computes the gradient of its mean loss if `learns`. Returns the nats of all targets. */
  private async read(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    learns: boolean,
    signal?: AbortSignal,
  ): Promise<number> {
    checkSegment(tokens, targets, this.config);
    this.machine.check();
    const { buffers } = this;
    const count = tokens.length;
    const words = Array.from(tokens).flatMap((id) => {
      if (id === this.config.bosTokenId) this.position = 0;
      return [id, this.position++];
    });
    this.write(buffers.chunk, Uint32Array.of(0, count, ...words));
    this.write(buffers.targets, Uint32Array.from(targets));
    this.write(buffers.segment, pack('Segment', { count, weight: 1 / count }));
    const tiles = this.tiles.slice(0, Math.ceil(count / LOGIT_TILE)).flatMap((tile, i) => {
      const rows = Math.min(LOGIT_TILE, count - i * LOGIT_TILE);
      return (learns ? tile.learn : tile.score).commands(rows);
    });
    const commands = [
      ...this.forward.commands(count),
      ...tiles,
      ...(learns ? [...this.backward.commands(count), this.readback('gradient', 'readGradient')] : []),
      this.readback('nats', 'readNats'),
    ];
    if (signal?.aborted || !(await this.submissions.submit(commands, signal))) throw cancelled();
    return this.machine.readBack(buffers.readNats, 4 * count, (range) =>
      new Float32Array(range).reduce((sum, nats) => sum + nats, 0),
    );
  }

  private readback(from: 'nats' | 'gradient', to: 'readNats' | 'readGradient'): Command {
    const { [from]: source, [to]: target } = this.buffers;
    return { from: source, fromByte: 0, to: target, toByte: 0, bytes: target.size };
  }

  private write(buffer: GPUBuffer, values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): void {
    this.machine.device.queue.writeBuffer(buffer, 0, values);
  }
}
