import type { Backend } from '../model/runtime/backend';
import type { Model } from '../model/runtime/folder';
import type { SnapshotStore } from '../model/runtime/snapshot';
import { countRecords } from '../model/sampling/records';
import type { Emit } from './events';
import { Writing } from './generation-run';
import type { CompareEvent, CompareRequest, CompareResult } from './messages';
import type { TextStream } from './text-stream';

/** Several continuations of one text, each on a stream of its own, all in one batch. Survives the loss of a device. */
export class Comparison {
  private readonly prompt: readonly number[];
  private readonly emit: Emit<CompareEvent>;
  private readonly writings: readonly Writing[];

  constructor(model: Model, request: CompareRequest, prompt: readonly number[], emit: Emit<CompareEvent>) {
    this.prompt = prompt;
    this.emit = emit;
    this.writings = request.samplings.map(
      (sampling) => new Writing(model, { ...request, sampling }, [...prompt]),
    );
  }

  /** `text` reads what they share; what each has written by now is read by its own stream. */
  async write(
    text: TextStream,
    backend: Backend,
    snapshots: SnapshotStore,
    signal: AbortSignal,
  ): Promise<void> {
    const { prompt, emit, writings } = this;
    await text.moveTo(prompt, signal, {
      report: (read, total) => emit({ type: 'reading', read, total }),
      offer: (read, total) => emit.offer({ type: 'reading', read, total }),
    });
    if (signal.aborted) return;
    const start = await text.streams.snapshot();
    snapshots.add(prompt, start, true);
    const streams = await backend.open(writings.length);
    try {
      for (const [stream, { tokens }] of writings.entries()) {
        await streams.restore(start, stream);
        const written = tokens.slice(prompt.length);
        if (written.length) await streams.read(written, { stream, signal });
      }
      if (signal.aborted) return;
      let since = performance.now();
      for await (const batches of streams.decode(
        writings.map((writing) => writing.decodeRequest()),
        { signal },
      )) {
        const ms = performance.now() - since;
        const parts = batches.map((batch, n) => writings[n].take(batch, ms));
        const written = batches.reduce((sum, { records }) => sum + countRecords(records), 0);
        if (written) await emit({ type: 'parts', parts, msPerToken: ms / written });
        since = performance.now(); // the page's time is not the model's
      }
      // So that whichever is kept goes on at once; not one that ran past its stop sequence.
      for (const [stream, { tokens }] of writings.entries())
        if (streams.length(stream) === tokens.length) snapshots.add(tokens, await streams.snapshot(stream));
    } finally {
      streams.close();
    }
  }

  result(): CompareResult {
    return { reasons: this.writings.map(({ reason }) => reason ?? 'stopped') };
  }
}
