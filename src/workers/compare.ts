import type { Backend } from '../model/runtime/backend';
import type { Model } from '../model/runtime/folder';
import { countRecords } from '../model/sampling/records';
import type { Emit } from './events';
import { GenerationRun } from './generation-run';
import type { CompareEvent, CompareRequest, CompareResult } from './messages';
import type { SnapshotStore } from './snapshot-store';
import type { TextStream } from './text-stream';

/** Generates several continuations of one text in one batch, each on its own stream. Survives the loss of a device. */
export class Comparison {
  private readonly prompt: readonly number[];
  private readonly emit: Emit<CompareEvent>;
  private readonly generations: readonly GenerationRun[];

  constructor(model: Model, request: CompareRequest, prompt: readonly number[], emit: Emit<CompareEvent>) {
    this.prompt = prompt;
    this.emit = emit;
    this.generations = request.samplings.map(
      (sampling) => new GenerationRun(model, { ...request, sampling }, [...prompt]),
    );
  }

  /** `text` reads the prompt; each stream of the batch reads the tokens that its continuation has so far. */
  async write(
    text: TextStream,
    backend: Backend,
    snapshots: SnapshotStore,
    signal: AbortSignal,
  ): Promise<void> {
    const { prompt, emit, generations } = this;
    await text.moveTo(prompt, signal, {
      report: (read, total) => emit({ type: 'reading', read, total }),
      offer: (read, total) => emit.offer({ type: 'reading', read, total }),
    });
    if (signal.aborted) return;
    const start = await text.pin();
    const streams = await backend.open(generations.length);
    try {
      for (const [stream, { tokens }] of generations.entries()) {
        await streams.restore(start, stream);
        const written = tokens.slice(prompt.length);
        if (written.length) await streams.read(written, { stream, signal });
      }
      if (signal.aborted) return;
      let since = performance.now();
      for await (const batches of streams.decode(
        generations.map((generation) => generation.decodeRequest()),
        { signal },
      )) {
        const ms = performance.now() - since;
        const parts = batches.map((batch, n) => generations[n].take(batch, ms));
        const written = batches.reduce((sum, { records }) => sum + countRecords(records), 0);
        if (written) await emit({ type: 'parts', parts, msPerToken: ms / written });
        since = performance.now(); // excludes the time of the page
      }
      // With these snapshots, a kept continuation resumes without reading. A stream that decoded past its stop sequence
      // has no usable snapshot.
      for (const [stream, { tokens }] of generations.entries())
        if (streams.length(stream) === tokens.length) snapshots.add(tokens, await streams.snapshot(stream));
    } finally {
      streams.close();
    }
  }

  result(): CompareResult {
    return { reasons: this.generations.map(({ reason }) => reason ?? 'stopped') };
  }
}
