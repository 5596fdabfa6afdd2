import { typedText } from '../src/app/store/document/text-value';
import { Playground } from '../src/app/store/playground';
import { DEFAULTS } from '../src/app/store/settings/settings';
import { createBackend } from '../src/workers/backends';
import type { EngineClient } from '../src/workers/client';
import { Engine } from '../src/workers/engine';
import { readFolder } from './node';

/**
 * The page's store with an empty text and a model, without a user interface and a worker.
 * @param gpu runs the model on WebGPU instead of the CPU
 * @throws EngineError
 */
export async function startPlayground(modelFolder: string, gpu?: GPU): Promise<Playground> {
  const playground = new Playground({
    createEngine: () => createEngine(gpu),
    findModel: async () => ({ url: modelFolder }),
    nextFrame: () => new Promise((resolve) => setImmediate(resolve)),
    randomSeed: () => 1,
    now: () => 0,
    settings: { ...DEFAULTS, backend: gpu ? 'webgpu' : 'cpu', randomSeed: false, tokensPerSecond: 0 },
  });
  playground.restore(typedText(''));
  playground.load();
  await new Promise<void>((resolve, reject) => {
    playground.store.subscribe(({ engine }) => {
      if (engine.phase === 'ready') resolve();
      if (engine.phase === 'failed') reject(engine.error);
    });
  });
  return playground;
}

function createEngine(gpu: GPU | undefined): EngineClient {
  const engine = new Engine({
    readFile: readFolder,
    createBackend: (model, kind) => createBackend(model, kind, gpu),
  });
  return {
    load: (request, onProgress) => engine.load(request, onProgress),
    generate: (request, onEvent) => engine.generate(request(), onEvent),
    compare: (request, onEvent) => engine.compare(request, onEvent),
    score: (request, onEvent) => engine.score(request, onEvent),
    look: (request) => engine.look(request),
    closeLens: () => void engine.closeLens(),
    verify: (request, onEvent) => engine.verify(request, onEvent),
    snapshot: (request, onEvent) => engine.snapshot(request, onEvent),
    translate: (request, onEvent) => engine.translate(request, onEvent),
    scoreText: (request, onEvent) => engine.scoreText(request, onEvent),
    dispose: () => engine.unload(),
  };
}
