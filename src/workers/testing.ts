import { shippedFolder } from '../../tests/files';
import type { Streams } from '../model/runtime/backend';
import type { Sampling } from '../model/sampling/sampling';
import { createBackend } from './backends';
import { Engine } from './engine';
import type { GenerateEvent, GenerateRequest } from './messages';
import type { RequestRun } from './request-run';

export const SAMPLING: Sampling = {
  temperature: 0.9,
  topK: 40,
  topP: 0.95,
  minP: 0,
  repetitionPenalty: 1.1,
  sequencePenalty: 0,
  seed: 3,
};
export const PROMPT = '= Kestrel =\n\nThe kestrel is';

/** For tests: the shipped model in WebAssembly, with a count of the tokens that it reads. */
export class CountedEngine {
  /** Tokens that streams have read, without those that they wrote. */
  read = 0;
  readonly engine = new Engine({
    readFile: () => shippedFolder(),
    createBackend: async (model) => {
      const { backend, streams, info } = await createBackend(model, 'cpu', undefined);
      const open = backend.open.bind(backend);
      backend.open = async (count) => this.count(await open(count));
      return { backend, streams: this.count(streams), info };
    },
  });

  load() {
    return this.engine.load({ modelUrl: 'x/', backend: 'cpu' }, () => {});
  }

  async generate(runs: RequestRun[], changed: Partial<GenerateRequest> = {}) {
    const ids: number[] = [];
    const records: number[] = [];
    const take = (event: GenerateEvent) => {
      if (event.type !== 'tokens') return;
      ids.push(...event.tokens.ids);
      records.push(...event.records);
    };
    const request = {
      runs,
      sampling: SAMPLING,
      maxTokens: 24,
      atArticleEnd: 'continue',
      ...changed,
    } as const;
    await this.engine.generate(request, take);
    return { ids, records: Float32Array.from(records) };
  }

  private count(streams: Streams): Streams {
    const read = streams.read.bind(streams);
    streams.read = async (tokens, options) => {
      const result = await read(tokens, options);
      this.read += result.count;
      return result;
    };
    return streams;
  }
}
