import { EngineError } from '../../../model/runtime/errors';
import type { EngineClient } from '../../../workers/client';
import type { EngineInfo, LoadProgress } from '../../../workers/messages';
import type { Settings } from '../settings/settings';
import type { SessionOptions } from './session';

/**
 * Starts a worker and loads the model into it. A new worker each time: whatever ailed the last one is gone. Where none can
 * start, `engine` is null, and `ready` rejects.
 */
export function loadEngine(
  {
    createEngine,
    findModel,
  }: Pick<SessionOptions, 'createEngine'> & { findModel(signal: AbortSignal): Promise<string> },
  { backend }: Settings,
  signal: AbortSignal,
  onProgress: (progress: LoadProgress) => void,
): { engine: EngineClient | null; ready: Promise<EngineInfo> } {
  const started = start(createEngine);
  const load = async () => {
    if (started instanceof EngineError) throw started;
    return started.load({ modelUrl: await findModel(signal), backend }, onProgress, signal);
  };
  const ready = load().catch((error) => {
    throw EngineError.from(error);
  });
  return { engine: started instanceof EngineError ? null : started, ready };
}

function start(createEngine: SessionOptions['createEngine']): EngineClient | EngineError {
  try {
    return createEngine();
  } catch (error) {
    return EngineError.from(error);
  }
}
