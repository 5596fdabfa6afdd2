import type { BackendKind } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import type { Model } from '../model/runtime/folder';
import type { ReadFile } from '../model/runtime/read-file';
import { countRecords } from '../model/sampling/records';
import type { Emit } from './events';
import { GenerationRun } from './generation-run';
import { loadSource } from './load-source';
import type { CompareEvent, CompareRequest, CompareResult } from './messages';
import type { ModelSource } from './model-source';
import type { CreateBackend } from './runner';
import { modelAt } from './teaching/taught-source';

const PART = 512; // tokens read between reports

interface Host {
  readonly readFile: (url: string) => ReadFile;
  readonly createBackend: CreateBackend;
}

/**
 * Continues one text with a taught model at several strengths, and with its base at strength 0. Each has a backend of its
 * own, one after the other. Survives the loss of a device.
 */
export class StrengthComparison {
  private readonly source: ModelSource;
  private readonly host: Host;
  private readonly strengths: readonly number[];
  private readonly prompt: readonly number[];
  private readonly emit: Emit<CompareEvent>;
  private readonly generations: readonly GenerationRun[];

  /** @param source of the loaded model */
  constructor(
    { source, model }: { source: ModelSource; model: Model },
    host: Host,
    request: CompareRequest,
    prompt: readonly number[],
    emit: Emit<CompareEvent>,
  ) {
    this.source = source;
    this.host = host;
    this.strengths = request.strengths!;
    this.prompt = prompt;
    this.emit = emit;
    this.generations = request.samplings.map(
      (sampling) => new GenerationRun(model, { ...request, sampling }, [...prompt]),
    );
  }

  /** @throws EngineError 'input' if the loaded model is not a taught one, or cannot read the text */
  async write(kind: BackendKind, signal: AbortSignal): Promise<void> {
    const { source, host, strengths, generations, emit } = this;
    if (!('base' in source))
      throw new EngineError('input', 'The loaded model is not a taught one.', 'Load a taught model first.');
    if (this.prompt.some((token) => token < 0))
      throw new EngineError(
        'input',
        'The text continues from a saved state, which only its own model reads.',
        'Compare with another text.',
      );
    const base = await loadSource(source.base, host.readFile, { signal });
    for (const [n, strength] of strengths.entries()) {
      if (signal.aborted) return;
      if (generations[n].reason) continue; // written before the loss of a device
      const model = await modelAt(base, source, strength);
      const { id, digest } = model.manifest;
      await emit({ type: 'writer', continuation: n, writer: { id, digest, strength } });
      await this.continueWith(model, n, kind, signal);
    }
  }

  private async continueWith(model: Model, n: number, kind: BackendKind, signal: AbortSignal): Promise<void> {
    const { emit, generations } = this;
    const { tokens } = generations[n];
    const { backend, streams } = await this.host.createBackend(model, kind);
    try {
      for (let at = 0; at < tokens.length && !signal.aborted; at += PART) {
        await emit({ type: 'reading', read: at, total: tokens.length });
        await streams.read(tokens.slice(at, at + PART), { signal });
      }
      if (signal.aborted) return;
      let since = performance.now();
      for await (const [batch] of streams.decode([generations[n].decodeRequest()], { signal })) {
        const ms = performance.now() - since;
        const part = generations[n].take(batch, ms);
        const parts = generations.map((_, other) => (other === n ? part : null));
        const written = countRecords(batch.records);
        if (written) await emit({ type: 'parts', parts, msPerToken: ms / written });
        if (generations[n].reason === 'stop-sequence') break;
        since = performance.now(); // excludes the time of the page
      }
    } finally {
      backend.destroy();
    }
  }

  result(): CompareResult {
    return { reasons: this.generations.map(({ reason }) => reason ?? 'stopped') };
  }
}
