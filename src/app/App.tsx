import { useEffect, useState } from 'react';
import { handleDrops } from './files';
import { ActionBar } from './parts/ActionBar';
import { Rail } from './parts/Rail';
import { SettingsPanel } from './parts/SettingsPanel';
import { TextPage } from './parts/TextPage';
import { TopBar } from './parts/TopBar';
import { usePlayground } from './playground-context';
import { handleShortcuts } from './shortcuts';

export function App() {
  const playground = usePlayground();
  const [railIsOpen, setRailOpen] = useState(false);
  useEffect(() => handleShortcuts(playground, () => setRailOpen((open) => !open)), [playground]);
  useEffect(() => handleDrops(playground), [playground]);
  return (
    <div className="app">
      <TopBar railIsOpen={railIsOpen} onToggleRail={() => setRailOpen(!railIsOpen)} />
      <TextPage />
      {railIsOpen ? (
        <Rail
          panels={[{ id: 'settings', name: 'Settings', content: <SettingsPanel /> }]}
          onClose={() => setRailOpen(false)}
        />
      ) : null}
      <ActionBar />
    </div>
  );
}
