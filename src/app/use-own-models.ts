import { useCallback, useEffect, useState } from 'react';
import { listOwnModels, type OwnModel } from './own-models';
import { usePlaygroundState } from './playground-context';

/** The user's own models, listed again when another model is loaded, and a function that lists them again. */
export function useOwnModels(): { readonly models: readonly OwnModel[]; refresh(): Promise<void> } {
  const [models, setModels] = useState<readonly OwnModel[]>([]);
  const phase = usePlaygroundState(({ engine }) => engine.phase);
  const refresh = useCallback(async () => setModels(await listOwnModels()), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: again for another model
  useEffect(() => void refresh(), [refresh, phase]);
  return { models, refresh };
}
