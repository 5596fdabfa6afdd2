import { EngineError } from '../../../model/runtime/errors';
import type { EngineClient } from '../../../workers/client';
import type { EngineInfo, LoadProgress } from '../../../workers/messages';
import type { ModelSource } from '../../../workers/model-source';
import type { Settings } from '../settings/settings';

interface LoadHost {
  createEngine(): EngineClient;
  /** @throws EngineError */
  findModel(signal: AbortSignal): Promise<ModelSource>;
}

/**
 * Starts a new worker, because a worker that failed may stay faulty, and loads the model into it. If no worker starts,
 * `engine` is null and `ready` rejects.
 */
export function loadEngine(
  { createEngine, findModel }: LoadHost,
  { backend }: Settings,
  signal: AbortSignal,
  onProgress: (progress: LoadProgress) => void,
): { engine: EngineClient | null; ready: Promise<EngineInfo> } {
  const started = start(createEngine);
  const load = async () => {
    if (started instanceof EngineError) throw started;
    return started.load({ model: await findModel(signal), backend }, onProgress, signal);
  };
  const ready = load().catch((error) => {
    throw EngineError.from(error);
  });
  return { engine: started instanceof EngineError ? null : started, ready };
}

function start(createEngine: LoadHost['createEngine']): EngineClient | EngineError {
  try {
    return createEngine();
  } catch (error) {
    return EngineError.from(error);
  }
}
