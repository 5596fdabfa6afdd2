import { expose } from 'comlink';
import { EngineError } from '../model/errors';
import { createBackend } from './backends';
import { Engine } from './engine';
import type { EngineService, Outcome } from './messages';
import { readUrl } from './read-url';

const engine = new Engine({
  readFile: readUrl,
  createBackend: (model, choice) => createBackend(model, choice, navigator.gpu),
});

async function outcome<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: EngineError.from(error).toData() };
  }
}

const service: EngineService = {
  load: (request, onProgress) => outcome(engine.load(request, onProgress)),
  generate: (request, onEvent) => outcome(engine.generate(request, onEvent)),
  stop: () => engine.stop(),
};

expose(service);
