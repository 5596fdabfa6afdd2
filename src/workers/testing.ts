import { shippedFolder } from '../../tests/files';
import type { BackendKind, Streams } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import type { ReadFile } from '../model/runtime/read-file';
import type { Sampling } from '../model/sampling/sampling';
import { createBackend } from './backends';
import { Engine } from './engine';
import type { BackendChoice, GenerateEvent, GenerateRequest } from './messages';
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

interface Options {
  readonly files?: ReadFile;
  /** The kind of the backend if 'auto' is requested. */
  readonly automatic?: BackendKind;
  /** The backend of kind `on` fails `times` times, each after one batch of decoding (10 ms of tokens). */
  readonly failure?: { readonly code: 'device' | 'device-lost'; times: number; readonly on: BackendKind };
}

/** For tests: an engine with the shipped model in WebAssembly, which counts the tokens it reads and can fail. */
export class CountedEngine {
  /** Tokens that the streams have read, without the tokens that they sampled. */
  read = 0;
  readonly asked: BackendChoice[] = [];
  readonly engine: Engine;
  private readonly failure: Options['failure'];

  constructor({ files = shippedFolder(), automatic = 'cpu', failure }: Options = {}) {
    this.failure = failure;
    this.engine = new Engine({
      readFile: () => files,
      createBackend: async (model, choice) => {
        this.asked.push(choice);
        const kind = choice === 'auto' ? automatic : choice;
        const { backend, streams } = await createBackend(model, 'cpu', undefined);
        const open = backend.open.bind(backend);
        backend.open = async (count) => this.count(await open(count), kind);
        return { backend, streams: this.count(streams, kind), info: { kind, device: 'test', reason: null } };
      },
    });
  }

  load() {
    return this.engine.load({ model: { url: 'x/' }, backend: 'auto' }, () => {});
  }

  async generate(
    runs: RequestRun[],
    changed: Partial<GenerateRequest> = {},
    onEvent: (event: GenerateEvent) => void = () => {},
  ) {
    const events: GenerateEvent[] = [];
    const request = {
      runs,
      sampling: SAMPLING,
      maxTokens: 24,
      atArticleEnd: 'continue',
      ...changed,
    } as const;
    const result = await this.engine.generate(request, (event) => {
      events.push(event);
      onEvent(event);
    });
    const parts = events.filter((event) => event.type === 'tokens');
    return {
      events,
      result,
      ids: parts.flatMap((part) => [...part.tokens.ids]),
      text: parts.map((part) => part.text).join(''),
      records: Float32Array.from(parts.flatMap((part) => [...part.records])),
    };
  }

  private count(streams: Streams, kind: BackendKind): Streams {
    const { failure } = this;
    const read = streams.read.bind(streams);
    const decode = streams.decode.bind(streams);
    streams.read = async (tokens, options) => {
      const result = await read(tokens, options);
      this.read += result.count;
      return result;
    };
    streams.decode = async function* (requests, options) {
      for await (const batch of decode(requests, options)) {
        yield batch;
        if (failure?.on !== kind || failure.times <= 0) continue;
        failure.times--;
        throw new EngineError(failure.code, 'It broke.', 'Wait.');
      }
    };
    return streams;
  }
}
