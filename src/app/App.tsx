import { lazy, Suspense, useEffect, useSyncExternalStore } from 'react';
import { benchmarkReach, onBenchmark } from './address';
import { handleDrops } from './files';
import { ActionBar } from './parts/ActionBar';
import { TextPage } from './parts/TextPage';
import { TopBar } from './parts/TopBar';
import { usePlayground, usePlaygroundState } from './playground-context';
import { handleShortcuts } from './shortcuts';

// What opens over or beside the text comes after the first paint.
const Rail = lazy(() => import('./parts/Rail'));
const Tooltips = lazy(() => import('./parts/Tooltips'));
const BenchmarkPage = lazy(() => import('./benchmark/BenchmarkPage'));

export function App() {
  const playground = usePlayground();
  const hasRail = usePlaygroundState((state) => state.panel !== null);
  const isReady = usePlaygroundState((state) => state.engine.phase !== 'loading');
  const reach = useSyncExternalStore(onBenchmark, benchmarkReach);
  useEffect(() => handleShortcuts(playground), [playground]);
  useEffect(() => handleDrops(playground), [playground]);
  return (
    <div className="app">
      <TopBar />
      <TextPage />
      <Suspense>{hasRail ? <Rail /> : null}</Suspense>
      <ActionBar />
      <Suspense>{reach ? <BenchmarkPage reach={reach} /> : null}</Suspense>
      <Suspense>{isReady ? <Tooltips /> : null}</Suspense>
    </div>
  );
}
