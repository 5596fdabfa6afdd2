import type { DecodeBatch } from '../model/backend';
import type { Model } from '../model/folder';
import { RECORD_SIZE } from '../model/sampling';
import { StreamingDecoder } from '../model/vocabulary';
import type { Emit } from './events';
import type { Figures, GenerateEvent, GenerateRequest, GenerateResult } from './messages';

/** One generation under way: it survives the loss of a device. */
export class Writing {
  readonly emit: Emit<GenerateEvent>;
  /** The text and what has been written so far. */
  readonly tokens: number[];
  reason: GenerateResult['reason'] | null = null;
  msPerToken: number | null = null;
  private readonly model: Model;
  private readonly request: GenerateRequest;
  private readonly decoder: StreamingDecoder;
  private readonly promptLength: number;

  constructor(model: Model, request: GenerateRequest, tokens: number[], emit: Emit<GenerateEvent>) {
    this.model = model;
    this.request = request;
    this.tokens = tokens;
    this.emit = emit;
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
    return { sampling, maxTokens: maxTokens - (this.tokens.length - this.promptLength), stopTokens };
  }

  take({ records, finished }: DecodeBatch, ms: number): void {
    const count = records.length / RECORD_SIZE;
    for (let i = 0; i < count; i++) this.tokens.push(records[i * RECORD_SIZE]);
    if (finished) this.reason = finished === 'stop' ? 'article-end' : 'length';
    if (count)
      this.msPerToken = this.msPerToken === null ? ms / count : 0.8 * this.msPerToken + (0.2 * ms) / count;
  }

  async send({ records }: DecodeBatch, figures: Figures): Promise<void> {
    const ids = Uint32Array.from(
      { length: records.length / RECORD_SIZE },
      (_, i) => records[i * RECORD_SIZE],
    );
    const parts = Array.from(ids, (id) => this.decoder.push(id));
    const lengths = Uint32Array.from(parts, (part) => part.length);
    await this.emit({ type: 'tokens', text: parts.join(''), tokens: { ids, lengths }, records, figures });
  }
}
