import type { Backend } from '../model/runtime/backend';
import type { Model } from '../model/runtime/folder';
import type { SnapshotStore } from '../model/runtime/snapshot';
import { RECORD_SIZE } from '../model/sampling/sampling';
import type { Emit } from './events';
import { Writing } from './generation-run';
import type { CompareEvent, CompareRequest, CompareResult } from './messages';
import type { TextStream } from './text-stream';

/** Generates several continuations of one text in one batch, each on its own stream. Survives the loss of a device. */
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

  /** `text` reads the shared prefix; each stream reads the tokens that its continuation has so far. */
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
        const written = batches.reduce((sum, { records }) => sum + records.length / RECORD_SIZE, 0);
        if (written) await emit({ type: 'parts', parts, msPerToken: ms / written });
        since = performance.now(); // excludes the time of the page
      }
      // Snapshots let the page resume any continuation at once, except one that ran past its stop sequence.
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
