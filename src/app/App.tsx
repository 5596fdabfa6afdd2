import { lazy, Suspense, useEffect, useSyncExternalStore } from 'react';
import { benchmarkReach, onBenchmark } from './address';
import { handleDrops } from './files';
import { handleKeyboard } from './keyboard/listen';
import { ActionBar } from './parts/ActionBar';
import { TextPage } from './parts/TextPage';
import { TopBar } from './parts/TopBar';
import { usePlayground, usePlaygroundState } from './playground-context';

// What opens over or beside the text comes after the first paint.
const Rail = lazy(() => import('./parts/Rail'));
const loadPalette = () => import('./parts/CommandPalette');
const CommandPalette = lazy(loadPalette);
const CompareSheet = lazy(() => import('./parts/CompareSheet'));
const Tooltips = lazy(() => import('./parts/Tooltips'));
const BenchmarkPage = lazy(() => import('./benchmark/BenchmarkPage'));

export function App() {
  const playground = usePlayground();
  const hasRail = usePlaygroundState((state) => state.panel !== null);
  const hasPalette = usePlaygroundState((state) => state.card === 'palette');
  const hasCompare = usePlaygroundState((state) => state.card === 'compare');
  const isReady = usePlaygroundState((state) => state.engine.phase !== 'loading');
  const reach = useSyncExternalStore(onBenchmark, benchmarkReach);
  useEffect(() => handleKeyboard(playground), [playground]);
  useEffect(() => handleDrops(playground), [playground]);
  useEffect(() => {
    if (isReady) void loadPalette(); // not to keep the first words waiting that are typed into it
  }, [isReady]);
  return (
    <div className="app">
      <TopBar />
      <TextPage />
      <Suspense>{hasRail ? <Rail /> : null}</Suspense>
      <ActionBar />
      <Suspense>{reach ? <BenchmarkPage reach={reach} /> : null}</Suspense>
      <Suspense>{hasPalette ? <CommandPalette /> : null}</Suspense>
      <Suspense>{hasCompare ? <CompareSheet /> : null}</Suspense>
      <Suspense>{isReady ? <Tooltips /> : null}</Suspense>
    </div>
  );
}
