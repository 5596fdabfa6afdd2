import { usePlaygroundState } from '../playground-context';
import { DeviceCard } from './cards/DeviceCard';
import { HelpCard } from './cards/HelpCard';
import { ModelCard } from './cards/ModelCard';
import { ShareCard } from './cards/ShareCard';
import { CommandButton } from './controls/CommandButton';
import { LensIcon, SettingsIcon } from './controls/icons';
import { ThemeToggle } from './controls/ThemeToggle';

export function TopBar() {
  const panel = usePlaygroundState((state) => state.panel);
  const engine = usePlaygroundState((state) => state.engine);
  const info = engine.phase === 'ready' ? engine.info : null;
  return (
    <header className="top-bar">
      <h1 className="name">
        LeaPformer <span className="name-rest">Playground</span>
      </h1>
      <div className="top-bar-facts">
        {info ? (
          <>
            <ModelCard manifest={info.manifest} />
            <DeviceCard info={info} />
          </>
        ) : null}
      </div>
      <ShareCard />
      <HelpCard />
      <ThemeToggle />
      <CommandButton command="lens" aria-expanded={panel === 'lens'}>
        <LensIcon />
      </CommandButton>
      <CommandButton command="settings" aria-expanded={panel === 'settings'}>
        <SettingsIcon />
      </CommandButton>
    </header>
  );
}
