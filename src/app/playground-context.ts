import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Playground } from './store/playground';
import type { PlaygroundState } from './store/state';

export const PlaygroundContext = createContext<Playground | null>(null);

export function usePlayground(): Playground {
  const playground = useContext(PlaygroundContext);
  if (!playground) throw new Error('usePlayground needs a PlaygroundContext above it.');
  return playground;
}

export function usePlaygroundState<T>(select: (state: PlaygroundState) => T): T {
  return useStore(usePlayground().store, select);
}
