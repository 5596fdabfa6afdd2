import { type Command, encode } from './commands';
import type { Machine } from './machine';
import { SubmissionPacer } from './submission-pacer';

/** Submits commands in parts of about the same time, so that Stop does not wait for all of them. */
export class PacedSubmissions {
  private readonly machine: Machine;
  private readonly pacer: SubmissionPacer;

  /** @param targetMs of a part */
  constructor(machine: Machine, targetMs: number) {
    this.machine = machine;
    this.pacer = new SubmissionPacer(targetMs);
  }

  /** Resolves when all commands are done. @returns false if the signal aborted before all were submitted */
  async submit(commands: readonly Command[], signal?: AbortSignal): Promise<boolean> {
    const { device } = this.machine;
    const submissions: { size: number; submitted: number; done: Promise<void> }[] = [];
    const collect = async () => {
      const { size, submitted, done } = submissions.shift()!;
      await done;
      this.pacer.done(size, submitted);
    };
    for (let at = 0; at < commands.length; ) {
      const size = this.pacer.size(commands.length - at);
      const submitted = performance.now();
      this.machine.check();
      device.queue.submit([encode(device, commands.slice(at, at + size))]);
      submissions.push({ size, submitted, done: this.machine.wait(device.queue.onSubmittedWorkDone()) });
      at += size;
      if (submissions.length >= this.pacer.depth) await collect();
      if (signal?.aborted && at < commands.length) return false;
    }
    while (submissions.length > 0) await collect();
    return true;
  }
}
