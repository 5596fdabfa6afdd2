import { EngineError } from '../../model/errors';
import type { EngineClient } from '../../workers/client';
import type { EngineInfo, LoadProgress } from '../../workers/messages';
import type { SessionOptions } from './session';
import type { Settings } from './settings';

/** Starts a worker and loads the model into it. A new worker each time: whatever ailed the last one is gone. */
export function loadEngine(
  {
    createEngine,
    findModel,
  }: Pick<SessionOptions, 'createEngine'> & { findModel(signal: AbortSignal): Promise<string> },
  { backend }: Settings,
  signal: AbortSignal,
  onProgress: (progress: LoadProgress) => void,
): { engine: EngineClient; ready: Promise<EngineInfo> } {
  const engine = createEngine();
  const ready = findModel(signal)
    .then((modelUrl) => engine.load({ modelUrl, backend }, onProgress, signal))
    .catch((error) => {
      throw EngineError.from(error);
    });
  return { engine, ready };
}
