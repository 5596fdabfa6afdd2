import { bind, type Command, type Copy, packUniforms, type Resources, uniform } from '../commands';
import type { Machine } from '../machine';
import type { LearnerKernelName, LearnerKernels } from './kernels';

/** A dispatch for a segment of some tokens. */
interface Task {
  readonly kernel: LearnerKernelName;
  readonly resources: Resources;
  /** The structure of structs.ts that the kernel binds as `shape`. */
  readonly shape?: Uint32Array;
  grid(tokens: number): readonly [x: number, y: number];
}

/** A dispatch, or copies, for a segment of some tokens. */
export type Step = Task | ((tokens: number) => readonly Copy[]);

/** Steps with their bindings, for segments of any length. */
export class Program {
  private readonly steps: readonly ((tokens: number) => readonly Command[])[];

  /** @param segment the structure that kernels bind as `segment` */
  constructor(machine: Machine, kernels: LearnerKernels, segment: GPUBuffer, steps: readonly Step[]) {
    const { UNIFORM, COPY_DST } = GPUBufferUsage;
    const values = packUniforms(steps.map((step) => ('kernel' in step && step.shape) || new Uint32Array()));
    const shapes = machine.buffer('scratch', 'shapes', values.byteLength, UNIFORM | COPY_DST, (range) =>
      new Uint32Array(range).set(values),
    );
    this.steps = steps.map((step, n) => {
      if (!('kernel' in step)) return step;
      const kernel = kernels[step.kernel];
      const bindings = bind(machine.device, kernel, {
        ...step.resources,
        ...(step.shape && { shape: uniform(shapes, n) }),
        ...(kernel.bindings.has('segment') && { segment }),
      });
      return (tokens) => {
        const [x, y] = step.grid(tokens);
        return [{ pipeline: kernel.pipeline, bindings, x, y }];
      };
    });
  }

  commands(tokens: number): Command[] {
    return this.steps.flatMap((step) => step(tokens));
  }
}
