import type { DecodeBatch } from '../model/runtime/backend';
import type { Model } from '../model/runtime/folder';
import { countRecords, idsOf, RECORD_SIZE } from '../model/sampling/records';
import { StreamingDecoder } from '../model/text/vocabulary';
import type { Emit } from './events';
import type { Figures, GenerateEvent, GenerateRequest, GenerateResult, WrittenPart } from './messages';
import type { Running } from './runner';
import type { SnapshotStore } from './snapshot-store';
import { StopSequences } from './stop-sequences';

/** The bytes of a token that is unknown: no character continues across it. */
const SPACE = new Uint8Array([0x20]);

/** The state of one generation, which survives the loss of a device. */
export class GenerationRun {
  /** The tokens of the prompt, followed by the tokens generated so far. */
  readonly tokens: number[];
  reason: GenerateResult['reason'] | null = null;
  msPerToken: number | null = null;
  private readonly model: Model;
  private readonly request: Omit<GenerateRequest, 'runs'>;
  private readonly decoder: StreamingDecoder;
  private readonly stops: StopSequences;
  private readonly promptLength: number;
  private readonly begin: number;

  /** @param begin tokens before the text's first run */
  constructor(model: Model, request: Omit<GenerateRequest, 'runs'>, tokens: number[], begin = 1) {
    this.model = model;
    this.request = request;
    this.tokens = tokens;
    this.stops = new StopSequences(request.stopSequences ?? []);
    this.promptLength = tokens.length;
    this.begin = begin;
    this.decoder = new StreamingDecoder((id) => model.tokenizer.bytes[id] ?? SPACE, tokens);
  }

  /** Tokens before the branch point, including the beginning; null without a branch point. */
  get branchAt(): number | null {
    return this.request.branchAt === undefined ? null : this.request.branchAt + this.begin;
  }

  /** Null for no limit. */
  get tokensPerSecond(): number | null {
    return this.request.tokensPerSecond ?? null;
  }

  decodeRequest() {
    const { sampling, maxTokens, atArticleEnd } = this.request;
    const stopTokens = atArticleEnd === 'stop' ? [this.model.config.bosTokenId] : [];
    const left = this.reason ? 0 : maxTokens - (this.tokens.length - this.promptLength);
    return { sampling, maxTokens: left, stopTokens };
  }

  /** The part of a batch that is added to the text: up to a stop sequence, even if the backend decoded beyond it. */
  take({ records, finished }: DecodeBatch, ms: number): WrittenPart | null {
    const ids: number[] = [];
    const pieces: string[] = [];
    for (const id of idsOf(records)) {
      if (this.reason === 'stop-sequence') break;
      ids.push(id);
      pieces.push(this.decoder.push(id));
      if (this.stops.completedBy(pieces.at(-1)!)) this.reason = 'stop-sequence';
    }
    if (finished) this.reason ??= finished === 'stop' ? 'article-end' : 'length';
    if (!ids.length) return null;
    this.tokens.push(...ids);
    const each = ms / countRecords(records);
    this.msPerToken = this.msPerToken === null ? each : 0.8 * this.msPerToken + 0.2 * each;
    const lengths = Uint32Array.from(pieces, ({ length }) => length);
    const tokens = { ids: Uint32Array.from(ids), lengths };
    return { text: pieces.join(''), tokens, records: records.subarray(0, ids.length * RECORD_SIZE) };
  }
}

/** Reads the tokens that the stream has not read, and generates until the request is complete or the signal aborts. */
export async function writeText(
  run: GenerationRun,
  running: Running,
  snapshots: SnapshotStore,
  emit: Emit<GenerateEvent>,
  signal: AbortSignal,
): Promise<void> {
  const { text } = running;
  const options = {
    report: (read: number, total: number) => emit({ type: 'reading', read, total }),
    offer: (read: number, total: number) => emit.offer({ type: 'reading', read, total }),
  };
  if (run.branchAt !== null) {
    await text.moveTo(run.tokens.slice(0, run.branchAt), signal, options);
    if (!signal.aborted) await text.pin();
  }
  await text.moveTo(run.tokens, signal, options);
  if (signal.aborted) return;
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  let since = performance.now();
  for await (const batch of text.write(run.decodeRequest(), run.tokensPerSecond, until)) {
    const now = performance.now();
    const part = run.take(batch, now - since);
    if (run.reason === 'stop-sequence') ended.abort();
    since = now;
    if (part) await emit({ type: 'tokens', ...part, figures: figuresOf(run, running, snapshots) });
    since += performance.now() - now; // excludes the time of the page
  }
}

export function figuresOf(run: GenerationRun, { text, backend }: Running, snapshots: SnapshotStore): Figures {
  return {
    position: text.tokens.length,
    msPerToken: run.msPerToken,
    memory: backend.memory(),
    snapshotBytes: snapshots.bytes,
    snapshotCount: snapshots.count,
  };
}
