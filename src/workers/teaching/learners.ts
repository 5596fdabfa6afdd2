import type { Adapter } from '../../model/finetuning/adapter';
import type { Learner, SegmentGradient, SegmentLoss } from '../../model/finetuning/learner';
import { proveLearner } from '../../model/finetuning/prove-learner';
import { CONTEXT } from '../../model/finetuning/teaching';
import type { BackendKind, ModelData } from '../../model/runtime/backend';
import { EngineError } from '../../model/runtime/errors';
import { whyNotWebGpu } from '../backends';
import type { BackendChoice, BackendInfo } from '../messages';

/** A learner of a backend that can run here. */
interface Started {
  readonly learner: Learner;
  readonly info: BackendInfo;
}

/** Starts the learner of one backend. @param threads of the CPU @throws EngineError 'device' if it cannot run */
export type StartLearner = (kind: BackendKind, threads?: number) => Promise<Started>;

/**
 * A learner on the requested backend, or on the best one on this device: WebGPU on a real GPU, else the CPU.
 * If WebGPU does not start, computes wrong numbers, or fails during work, it is replaced by the CPU.
 * @param threads of the CPU; by default as many as this device can use
 */
export async function createLearner(
  model: ModelData,
  rank: number,
  choice: BackendChoice,
  gpu: GPU | undefined,
  threads?: number,
): Promise<SurvivingLearner> {
  const reason = choice === 'auto' ? await whyNotWebGpu(gpu) : null;
  const onGpu = choice === 'webgpu' || (choice === 'auto' && !reason);
  const start: StartLearner = async (kind, count = threads) => {
    if (kind === 'webgpu') {
      const { createWebGpuLearner } = await import('../../gpu/finetuning/webgpu-learner');
      const learner = await createWebGpuLearner(model, rank, gpu);
      try {
        if (model.proof) await proveLearner(learner, model.config, rank, model.proof);
      } catch (error) {
        learner.destroy();
        throw error;
      }
      return { learner, info: { kind, device: learner.device, reason } };
    }
    const { createWasmLearner } = await import('../../cpu/finetuning/wasm-learner');
    const learner = await createWasmLearner(model, rank, count ? { threads: count } : {});
    return { learner, info: { kind: 'cpu', device: 'CPU', reason } };
  };
  return SurvivingLearner.start(start, onGpu ? 'webgpu' : 'cpu');
}

/**
 * A learner that moves to the CPU when WebGPU fails, and to one thread when a thread of the CPU dies. It continues with
 * the same adapter, in a state computed from the last CONTEXT tokens, so a caller loses nothing but the time.
 */
export class SurvivingLearner implements Learner {
  private readonly startLearner: StartLearner;
  private current: Started;
  private hasOneThread = false;
  private adapter: Adapter | null = null;
  /** Segments that were read since the last restart, at least CONTEXT tokens of them. */
  private segments: { readonly tokens: ArrayLike<number>; readonly targets: ArrayLike<number> }[] = [];

  /** @throws EngineError 'device' if neither backend starts */
  static async start(startLearner: StartLearner, kind: 'webgpu' | 'cpu'): Promise<SurvivingLearner> {
    try {
      return new SurvivingLearner(startLearner, await startLearner(kind));
    } catch (thrown) {
      if (kind === 'cpu') throw thrown;
      return new SurvivingLearner(startLearner, await startOnCpu(startLearner, thrown));
    }
  }

  private constructor(startLearner: StartLearner, current: Started) {
    this.startLearner = startLearner;
    this.current = current;
  }

  get info(): BackendInfo {
    return this.current.info;
  }

  use(adapter: Adapter): void {
    this.adapter = { ...adapter, values: adapter.values.slice() };
    this.current.learner.use(adapter);
  }

  restart(): void {
    this.segments = [];
    this.current.learner.restart();
  }

  score(tokens: ArrayLike<number>, targets: ArrayLike<number>, signal?: AbortSignal): Promise<SegmentLoss> {
    return this.surviving(tokens, targets, signal, (learner) => learner.score(tokens, targets, signal));
  }

  learn(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    signal?: AbortSignal,
  ): Promise<SegmentGradient> {
    return this.surviving(tokens, targets, signal, (learner) => learner.learn(tokens, targets, signal));
  }

  destroy(): void {
    this.current.learner.destroy();
  }

  private async surviving<T>(
    tokens: ArrayLike<number>,
    targets: ArrayLike<number>,
    signal: AbortSignal | undefined,
    work: (learner: Learner) => Promise<T>,
  ): Promise<T> {
    const done = await work(this.current.learner).catch(async (thrown) => {
      const { code } = EngineError.from(thrown);
      if (code === 'cancelled' || code === 'input') throw thrown;
      if (this.current.info.kind === 'webgpu') await this.moveToCpu(thrown, signal);
      else if (code === 'device-lost' && !this.hasOneThread) {
        this.hasOneThread = true;
        await this.moveToCpu(thrown, signal, 1);
      } else throw thrown;
      return work(this.current.learner);
    });
    this.segments.push({ tokens, targets });
    let length = this.segments.reduce((sum, segment) => sum + segment.tokens.length, 0);
    while (length - this.segments[0].tokens.length >= CONTEXT) length -= this.segments.shift()!.tokens.length;
    return done;
  }

  private async moveToCpu(thrown: unknown, signal: AbortSignal | undefined, threads?: number): Promise<void> {
    this.current.learner.destroy();
    this.current = await startOnCpu(this.startLearner, thrown, threads);
    const { learner } = this.current;
    if (this.adapter) learner.use(this.adapter);
    learner.restart();
    for (const { tokens, targets } of this.segments) await learner.score(tokens, targets, signal);
  }
}

/** Starts the CPU because of an error of WebGPU or of a thread. */
async function startOnCpu(startLearner: StartLearner, thrown: unknown, threads?: number): Promise<Started> {
  const { learner, info } = await startLearner('cpu', threads);
  const [first] = EngineError.from(thrown).message.split('\n'); // a compiler's message has many lines
  return { learner, info: { ...info, reason: first.slice(0, 200) } };
}
