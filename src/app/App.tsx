import { useEffect, useSyncExternalStore } from 'react';
import { closePage, onPage, shownPage } from './address';
import { ActionBar } from './components/document/ActionBar';
import { TextPage } from './components/document/TextPage';
import { Guard } from './components/Guard';
import { late, preloadAll } from './components/late';
import { RailFrame } from './components/panels/RailFrame';
import { TopBar } from './components/TopBar';
import { handleDrops } from './drops';
import { handleKeyboard } from './keyboard/listen';
import { usePlayground, usePlaygroundState } from './playground-context';
import type { Playground } from './store/playground';
import { keepPage } from './updates';

// These components open over the text and load after the first paint.
const closeCard = (playground: Playground) => playground.openCard(null);
const CommandPalette = late(() => import('./components/controls/CommandPalette'), {
  name: 'The list of commands',
  isOver: true,
  close: closeCard,
});
const CompareSheet = late(() => import('./components/panels/CompareSheet'), {
  name: 'The comparison',
  isOver: true,
  close: closeCard,
});
const FullPages = late(() => import('./components/FullPages'), {
  name: 'The page',
  isOver: true,
  close: closePage,
});
const Tooltips = late(() => import('./components/controls/Tooltips'), { name: 'Tooltips', isSilent: true });

export function App() {
  const playground = usePlayground();
  const hasPalette = usePlaygroundState((state) => state.card === 'palette');
  const hasCompare = usePlaygroundState((state) => state.card === 'compare');
  const isReady = usePlaygroundState((state) => state.engine.phase !== 'loading');
  const page = useSyncExternalStore(onPage, shownPage);
  useEffect(() => handleKeyboard(playground), [playground]);
  useEffect(() => handleDrops(playground), [playground]);
  useEffect(() => {
    if (!isReady) return;
    // A service worker that is busy with the parts of the page may not yield to a new one (Chromium).
    preloadAll()
      .then(keepPage)
      .catch(() => {}); // the page works without a service worker
  }, [isReady]);
  return (
    <div className="app">
      <Guard part={{ name: 'The bar above the text' }}>
        <TopBar />
      </Guard>
      <TextPage />
      <RailFrame />
      <Guard part={{ name: 'The bar below the text' }}>
        <ActionBar />
      </Guard>
      {page ? <FullPages page={page} /> : null}
      {hasPalette ? <CommandPalette /> : null}
      {hasCompare ? <CompareSheet /> : null}
      {isReady ? <Tooltips /> : null}
    </div>
  );
}
