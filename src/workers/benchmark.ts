import type { Backend, BackendKind, KernelTime, Memory, Streams } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import { loadModel, type Model } from '../model/runtime/folder';
import type { ReadFile } from '../model/runtime/read-file';
import { cacheBytes, type Snapshot } from '../model/runtime/snapshot';
import { countRecords } from '../model/sampling/records';
import { startBackend, whyNotWebGpu } from './backends';
import type { BackendChoice } from './messages';
import { type ModelSource, readSource } from './model-source';
import { type Estimate, estimate, median, pairedRatio } from './statistics';

export interface BenchmarkRequest {
  readonly model: ModelSource;
  /** 'webgpu' also measures an emulated GPU; 'reference' measures only the reference. */
  readonly backend: BackendChoice;
  /** Last position to measure, in tokens: 65,536, or less for a quick run. */
  readonly far: number;
}

export interface BenchmarkProgress {
  /** The current step, for the page. */
  readonly label: string;
  /** Progress of this step, from 0 to 1. */
  readonly part: number;
}

/** The measurements of one backend. Times are in milliseconds per token. */
export interface BackendReport {
  readonly kind: BackendKind;
  readonly device: string;
  /** Milliseconds from the model's files in memory to a ready backend. */
  readonly startMs: number;
  readonly decode: Estimate;
  readonly prefill: Estimate;
  /** Decode time after `position` tokens. */
  readonly places: readonly {
    readonly position: number;
    readonly decode: Estimate;
    readonly memory: Memory;
  }[];
  /** Ratio of the time at the last position to that at the first, from interleaved runs. */
  readonly flatness: Estimate;
  readonly kernels: readonly KernelTime[] | null;
}

export interface DeviceReport {
  /** ISO 8601. */
  readonly date: string;
  readonly browser: string;
  readonly cores: number;
  readonly model: Pick<Model['manifest'], 'id' | 'name' | 'digest' | 'parameters' | 'precision'>;
  /** Measured positions. The benchmark reads every token up to each. */
  readonly positions: readonly number[];
  /** The reason why the last position is below the requested one; null if it is not. */
  readonly shortened: string | null;
  /** Computed bytes of a float16 key-value cache of the same shape at each position. */
  readonly cacheBytes: readonly number[];
  readonly backends: readonly BackendReport[];
  /** Backends that were not measured, with reasons. */
  readonly missing: readonly { readonly kind: BackendKind; readonly reason: string }[];
}

/** The environment of the benchmark: the browser, or Node in tests. */
export interface BenchmarkHost {
  readonly readFile: (url: string) => ReadFile;
  readonly gpu: GPU | undefined;
  /** The browser's user agent. */
  readonly browser: string;
  readonly cores: number;
}

const PLACES = [64, 1024, 8192, 65536];
const READING_MS = 90_000; // limit for reading to the last position
const DECODING_MS = 12_000; // limit for decoding at all positions, on one backend
const MOST_ROUNDS = 25;
const LEAST_ROUNDS = 3;
const SAMPLE_MS = 40;
/** The text does not matter, because every token costs the same. */
const TEXT =
  'The wren is a small brown bird of hedges and woods, and it sings louder than its size would suggest. ';

interface Contender {
  readonly backend: Backend;
  readonly streams: Streams;
  readonly startMs: number;
  /** Milliseconds per token. */
  readonly prefill: number[];
}

/** Measures a model on this device, on its own backends, without touching the user's text. */
export class Benchmark {
  private readonly host: BenchmarkHost;
  private readonly progress: (progress: BenchmarkProgress) => void;
  private readonly contenders: Contender[] = [];
  private readonly missing: DeviceReport['missing'][number][] = [];

  constructor(host: BenchmarkHost, progress: (progress: BenchmarkProgress) => void) {
    this.host = host;
    this.progress = progress;
  }

  /** @throws EngineError of loading the model; 'device' if no backend runs */
  async run(request: BenchmarkRequest): Promise<DeviceReport> {
    try {
      return await this.measure(request);
    } finally {
      for (const { backend } of this.contenders) backend.destroy();
    }
  }

  private async measure({ model: source, backend, far }: BenchmarkRequest): Promise<DeviceReport> {
    const model = await loadModel(readSource(source, this.host.readFile), {
      onProgress: (bytes, total) => this.tell('Loading the model', bytes / total),
    });
    await this.start(model, backend);
    const text = model.tokenizer.encode(TEXT).ids;
    for (const contender of this.contenders) await this.timePrefill(contender, model, text);
    const { snapshots, shortened } = await this.readFar(model, text, far);
    const backends: BackendReport[] = [];
    for (const contender of this.contenders)
      backends.push(await this.timeDecode(contender, model, snapshots));
    const { id, name, digest, parameters, precision } = model.manifest;
    const positions = snapshots.map(({ length }) => length);
    return {
      date: new Date().toISOString(),
      browser: this.host.browser,
      cores: this.host.cores,
      model: { id, name, digest, parameters, precision },
      positions,
      shortened,
      cacheBytes: positions.map((position) => cacheBytes(model.config, position)),
      backends,
      missing: this.missing,
    };
  }

  /** Starts every backend to measure. */
  private async start(model: Model, choice: BackendChoice): Promise<void> {
    const noGpu = await whyNotWebGpu(this.host.gpu);
    const kinds: BackendKind[] = choice === 'reference' ? ['reference'] : ['cpu'];
    if (choice === 'webgpu' || (choice !== 'reference' && !noGpu)) kinds.unshift('webgpu');
    else if (noGpu) this.missing.push({ kind: 'webgpu', reason: noGpu });
    for (const kind of kinds) {
      this.tell(`Starting ${nameOf(kind)}`, 0);
      const started = performance.now();
      try {
        const backend = await startBackend(kind, model, this.host.gpu);
        const contender = { backend, streams: await backend.open(1), startMs: 0, prefill: [] };
        this.contenders.push({ ...contender, startMs: performance.now() - started });
      } catch (thrown) {
        const error = EngineError.from(thrown);
        if (error.code !== 'device') throw error;
        this.missing.push({ kind, reason: error.message });
        if (kind === 'cpu') kinds.push('reference');
      }
    }
  }

  private async timePrefill(
    { backend, streams, prefill }: Contender,
    model: Model,
    text: ArrayLike<number>,
  ): Promise<void> {
    const size = 128;
    await streams.restore(null);
    await streams.read([model.config.bosTokenId]);
    await this.read(streams, text, size, () => {}); // warms up
    const begun = performance.now();
    for (let n = 0; n < 8 && (n < LEAST_ROUNDS || performance.now() - begun < 3000); n++) {
      this.tell(`Reading on ${nameOf(backend.kind)}`, n / 8);
      const started = performance.now();
      await this.read(streams, text, size, () => {});
      await streams.logits(); // waits until the work is done
      prefill.push((performance.now() - started) / size);
    }
  }

  /** Reads to each position on the fastest backend, and takes snapshots for all backends. */
  private async readFar(model: Model, text: ArrayLike<number>, far: number) {
    const { streams, prefill, backend } = this.contenders.toSorted(
      (a, b) => median(a.prefill) - median(b.prefill),
    )[0];
    const reach = READING_MS / median(prefill);
    const places = PLACES.filter((place) => place <= far && (place <= reach || place === PLACES[0]));
    const last = places.at(-1)!;
    const snapshots: Snapshot[] = [];
    await streams.restore(null);
    await streams.read([model.config.bosTokenId]);
    for (const place of places) {
      const before = streams.length();
      await this.read(streams, text, place - before, (count) =>
        this.tell(
          `Reading ${last.toLocaleString('en')} tokens on ${nameOf(backend.kind)}`,
          (before + count) / last,
        ),
      );
      snapshots.push(await streams.snapshot());
    }
    const shortened =
      last < far && last < PLACES.at(-1)!
        ? `Reading ${far.toLocaleString('en')} tokens would take ${Math.round((far * median(prefill)) / 1000)} s here, so the benchmark ended at token ${last.toLocaleString('en')}.`
        : null;
    return { snapshots, shortened };
  }

  private async timeDecode(
    { backend, streams, startMs, prefill }: Contender,
    model: Model,
    snapshots: readonly Snapshot[],
  ): Promise<BackendReport> {
    const label = `Writing on ${nameOf(backend.kind)}`;
    const sample = async (snapshot: Snapshot, tokens: number) => {
      await streams.restore(snapshot);
      await streams.logits(); // waits until no work is pending
      const started = performance.now();
      await this.write(streams, model, tokens);
      return (performance.now() - started) / tokens;
    };
    const places = snapshots.map((snapshot) => ({
      snapshot,
      decode: [] as number[],
      memory: backend.memory(),
    }));
    await sample(snapshots[0], 4); // warms up
    const once = await sample(snapshots[0], 4);
    const tokens = Math.min(32, Math.max(2, Math.round(SAMPLE_MS / once)));
    const rounds = DECODING_MS / (once * tokens * places.length);
    const count = Math.round(Math.min(MOST_ROUNDS, Math.max(LEAST_ROUNDS, rounds)));
    for (let round = 0; round < count; round++) {
      this.tell(label, round / count);
      const order = round % 2 ? places.toReversed() : places;
      for (const place of order) {
        place.decode.push(await sample(place.snapshot, tokens));
        place.memory = backend.memory();
      }
    }
    return {
      kind: backend.kind,
      device: backend.device,
      startMs,
      decode: estimate(places.flatMap(({ decode }) => decode)),
      prefill: estimate(prefill),
      places: places.map(({ snapshot, decode, memory }) => ({
        position: snapshot.length,
        decode: estimate(decode),
        memory,
      })),
      flatness: pairedRatio(places.at(-1)!.decode, places[0].decode),
      kernels: (await backend.kernelTimes?.()) ?? null,
    };
  }

  /** Reads `count` tokens of a repeating text. */
  private async read(
    streams: Streams,
    text: ArrayLike<number>,
    count: number,
    onProgress: (count: number) => void,
  ): Promise<void> {
    const tokens = Array.from({ length: count }, (_, i) => text[(streams.length() + i) % text.length]);
    await streams.read(tokens, { onProgress });
  }

  private async write(streams: Streams, { manifest }: Model, tokens: number): Promise<void> {
    const request = { sampling: { ...manifest.sampling, seed: 1 }, maxTokens: tokens, stopTokens: [] };
    let written = 0;
    for await (const [{ records }] of streams.decode([request])) written += countRecords(records);
    if (written !== tokens) throw new Error(`${written} tokens were written instead of ${tokens}`);
  }

  private tell(label: string, part: number): void {
    this.progress({ label, part });
  }
}

function nameOf(kind: BackendKind): string {
  return kind === 'webgpu' ? 'the GPU' : 'the CPU';
}
