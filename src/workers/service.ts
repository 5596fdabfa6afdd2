import { transfer } from 'comlink';
import { EngineError } from '../model/runtime/errors';
import type { Engine } from './engine';
import type { EngineService, Outcome } from './messages';

/** The engine's interface for the page, with errors as plain data. */
export function serve(engine: Engine): EngineService {
  return {
    load: (request, onProgress) => outcome(engine.load(request, onProgress)),
    generate: (request, onEvent) => outcome(engine.generate(request, onEvent)),
    score: (request, onEvent) => outcome(engine.score(request, onEvent)),
    compare: (request, onEvent) => outcome(engine.compare(request, onEvent)),
    verify: (request, onEvent) => outcome(engine.verify(request, onEvent)),
    scoreText: (request, onEvent) => outcome(engine.scoreText(request, onEvent)),
    translate: (request, onEvent) => outcome(engine.translate(request, onEvent)),
    snapshot: (request, onEvent) => outcome(engine.snapshot(request, onEvent)),
    look: async (request) => {
      const answered = await outcome(engine.look(request));
      return 'value' in answered ? transfer(answered, buffersOf(answered.value.answer)) : answered;
    },
    closeLens: () => engine.closeLens(),
    stop: () => engine.stop(),
    hold: (lock) =>
      new Promise((resolve, reject) => {
        const forLife = () => {
          resolve();
          return new Promise(() => {});
        };
        navigator.locks.request(lock, forLife).catch(reject);
      }),
  };
}

/** A result or an error as plain data. */
export async function outcome<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: EngineError.from(error).toData() };
  }
}

/** Buffers of a lens answer. They are transferred, not copied, because each answer is used once. */
function buffersOf(answer: object): ArrayBuffer[] {
  return Object.values(answer).flatMap((value) => {
    if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer];
    return typeof value === 'object' && value !== null ? buffersOf(value) : [];
  });
}
