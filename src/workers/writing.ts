import type { DecodeBatch } from '../model/backend';
import type { Model } from '../model/folder';
import { RECORD_SIZE } from '../model/sampling';
import { StreamingDecoder } from '../model/vocabulary';
import type { GenerateRequest, GenerateResult, WrittenPart } from './messages';

/** One generation under way: it survives the loss of a device. */
export class Writing {
  /** The text and what has been written so far. */
  readonly tokens: number[];
  reason: GenerateResult['reason'] | null = null;
  msPerToken: number | null = null;
  private readonly model: Model;
  private readonly request: Omit<GenerateRequest, 'runs'>;
  private readonly decoder: StreamingDecoder;
  private readonly promptLength: number;

  constructor(model: Model, request: Omit<GenerateRequest, 'runs'>, tokens: number[]) {
    this.model = model;
    this.request = request;
    this.tokens = tokens;
    this.promptLength = tokens.length;
    this.decoder = new StreamingDecoder((id) => model.tokenizer.bytes[id], tokens.slice(-3));
  }

  /** Tokens before the place where the text parted from another, the opening one included; null where it did not. */
  get branchAt(): number | null {
    return this.request.branchAt === undefined ? null : this.request.branchAt + 1;
  }

  decodeRequest() {
    const { sampling, maxTokens, atArticleEnd } = this.request;
    const stopTokens = atArticleEnd === 'stop' ? [this.model.config.bosTokenId] : [];
    const left = this.reason ? 0 : maxTokens - (this.tokens.length - this.promptLength);
    return { sampling, maxTokens: left, stopTokens };
  }

  take({ records, finished }: DecodeBatch, ms: number): void {
    const count = records.length / RECORD_SIZE;
    for (let i = 0; i < count; i++) this.tokens.push(records[i * RECORD_SIZE]);
    if (finished) this.reason ??= finished === 'stop' ? 'article-end' : 'length';
    if (count)
      this.msPerToken = this.msPerToken === null ? ms / count : 0.8 * this.msPerToken + (0.2 * ms) / count;
  }

  /** What a batch's records add to the text. */
  part(records: Float32Array): WrittenPart {
    const ids = Uint32Array.from(
      { length: records.length / RECORD_SIZE },
      (_, i) => records[i * RECORD_SIZE],
    );
    const parts = Array.from(ids, (id) => this.decoder.push(id));
    const lengths = Uint32Array.from(parts, (part) => part.length);
    return { text: parts.join(''), tokens: { ids, lengths }, records };
  }
}
