import { type HeadStep, Reference, type ReferenceState } from '../core/reference';
import type { LayerCapture } from '../lens/head-lens';
import { makeRecords, putRecord, RECORD_SIZE, unpredictedRecord } from '../sampling/records';
import { describeToken, type Sampling, sample } from '../sampling/sampling';
import { SeenTokens, seenWords } from '../sampling/seen';
import type {
  Backend,
  CaptureOptions,
  DecodeBatch,
  DecodeOptions,
  DecodeRequest,
  Memory,
  ModelData,
  ReadOptions,
  ReadResult,
  Streams,
} from './backend';
import { checkTokens } from './backend';
import { newCaptures } from './capture';
import { decodeLoop } from './decode-loop';
import { cancelled } from './errors';
import { Pace } from './pace';
import { checkSnapshot, type Snapshot } from './snapshot';

/** The reference forward pass as a Backend: one token at a time, in float64, in any JavaScript engine. */
export class ReferenceBackend implements Backend {
  readonly kind = 'reference';
  readonly device = 'JavaScript, one thread, float64';
  readonly lost = new Promise<never>(() => {});
  private readonly model: ModelData;
  private readonly reference: Reference;
  private readonly opened = new Set<ReferenceStreams>();

  constructor(model: ModelData) {
    this.model = model;
    this.reference = new Reference(model.config, model.weights);
  }

  async open(count: number): Promise<Streams> {
    const streams = new ReferenceStreams(this.model, this.reference, count, () =>
      this.opened.delete(streams),
    );
    this.opened.add(streams);
    return streams;
  }

  memory(): Memory {
    const state = [...this.opened].reduce((sum, streams) => sum + streams.bytes, 0);
    return { weights: this.reference.weightBytes, state, scratch: 0, transfer: 0 };
  }

  destroy(): void {
    this.opened.clear();
  }
}

interface Stream {
  state: ReferenceState;
  length: number;
  seen: SeenTokens;
  /** Logits after the last token read; null before the first. */
  logits: Float64Array | null;
}

class ReferenceStreams implements Streams {
  readonly count: number;
  private readonly model: ModelData;
  private readonly reference: Reference;
  private readonly streams: Stream[];
  private readonly onClose: () => void;

  constructor(model: ModelData, reference: Reference, count: number, onClose: () => void) {
    this.count = count;
    this.model = model;
    this.reference = reference;
    this.streams = Array.from({ length: count }, () => this.empty());
    this.onClose = onClose;
  }

  get bytes(): number {
    const { layout, config } = this.reference;
    return this.count * (8 * layout.size + 8 * config.vocabSize + 4 * seenWords(config));
  }

  length(stream = 0): number {
    return this.streams[stream].length;
  }

  async read(tokens: ArrayLike<number>, options: ReadOptions = {}): Promise<ReadResult> {
    const { signal, onProgress, onLogits, records: wanted } = options;
    checkTokens(tokens, this.model.config);
    const stream = this.streams[options.stream ?? 0];
    const records = wanted ? new Float32Array(tokens.length * RECORD_SIZE) : null;
    const pace = new Pace();
    let count = 0;
    for (; count < tokens.length && !signal?.aborted; count++) {
      const id = tokens[count];
      if (records) {
        if (stream.logits)
          putRecord(
            records,
            count,
            describeToken(stream.logits, id, null, () => 0),
          );
        else records.set(unpredictedRecord(id), count * RECORD_SIZE);
      }
      const hidden = this.advance(stream, id);
      if (records || onLogits || count === tokens.length - 1 || pace.isDue)
        stream.logits = this.reference.logits(hidden);
      if (onLogits) await onLogits(count, stream.logits!.slice());
      if (pace.isDue) {
        onProgress?.(count + 1);
        await pace.yield();
      }
    }
    return { count, records: records?.slice(0, count * RECORD_SIZE) ?? null };
  }

  async capture(
    tokens: ArrayLike<number>,
    { stream = 0, signal }: CaptureOptions = {},
  ): Promise<readonly LayerCapture[]> {
    const { config } = this.model;
    checkTokens(tokens, config);
    const captures = newCaptures(config, tokens.length, await this.snapshot(stream));
    const target = this.streams[stream];
    const pace = new Pace();
    for (let t = 0; t < tokens.length; t++) {
      if (signal?.aborted) throw cancelled();
      const hidden = this.advance(target, tokens[t], (layer, step) => {
        const { query, key, value, queryProportion, keyProportion, decay } = captures[layer];
        const at = t * config.heads + step.head;
        query.set(step.query, at * config.stateRows);
        key.set(step.key, at * config.stateRows);
        value.set(step.value, at * config.headWidth);
        queryProportion[at] = step.queryProportion;
        keyProportion[at] = step.keyProportion;
        decay[at] = step.decay;
      });
      if (t === tokens.length - 1 || pace.isDue) target.logits = this.reference.logits(hidden);
      if (pace.isDue) await pace.yield();
    }
    return captures;
  }

  decode(requests: readonly DecodeRequest[], options: DecodeOptions = {}): AsyncGenerator<DecodeBatch[]> {
    return decodeLoop(this, requests, options, async (writing) =>
      writing.map((i) => this.write(this.streams[i], requests[i].sampling)),
    );
  }

  async logits(stream = 0): Promise<Float64Array> {
    return Float64Array.from(this.streams[stream].logits ?? []);
  }

  async snapshot(stream = 0): Promise<Snapshot> {
    const { state, length, seen, logits } = this.streams[stream];
    return {
      digest: this.model.digest,
      length,
      position: state.position,
      seen: seen.words.slice(),
      state: state.values.slice(),
      logits: logits?.slice() ?? new Float64Array(),
    };
  }

  async restore(snapshot: Snapshot | null, stream = 0): Promise<void> {
    if (snapshot) checkSnapshot(snapshot, this.model.digest);
    this.streams[stream] = snapshot
      ? {
          state: { position: snapshot.position, values: Float64Array.from(snapshot.state) },
          length: snapshot.length,
          seen: new SeenTokens(this.model.config, snapshot.seen),
          logits: snapshot.logits.length ? Float64Array.from(snapshot.logits) : null,
        }
      : this.empty();
  }

  close(): void {
    this.onClose();
  }

  private empty(): Stream {
    return {
      state: this.reference.newState(),
      length: 0,
      seen: new SeenTokens(this.model.config),
      logits: null,
    };
  }

  private write(stream: Stream, sampling: Sampling): Float32Array {
    const seen = stream.seen.now();
    const { id } = sample(stream.logits!, sampling, stream.length, seen);
    const record = makeRecords([describeToken(stream.logits!, id, sampling, seen)]);
    stream.logits = this.reference.logits(this.advance(stream, id));
    return record;
  }

  private advance(
    stream: Stream,
    id: number,
    observe?: (layer: number, step: HeadStep) => void,
  ): Float64Array {
    stream.seen.add(id);
    stream.length++;
    return this.reference.step(stream.state, id, observe);
  }
}
