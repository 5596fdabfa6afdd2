import { usePlaygroundState } from '../playground-context';
import { MOD } from '../shortcuts';
import { DeviceCard } from './DeviceCard';
import { HelpCard } from './HelpCard';
import { SettingsIcon } from './icons';
import { ModelCard } from './ModelCard';
import { ShareCard } from './ShareCard';
import { ThemeToggle } from './ThemeToggle';

interface Props {
  readonly railIsOpen: boolean;
  onToggleRail(): void;
}

export function TopBar({ railIsOpen, onToggleRail }: Props) {
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
      <button
        type="button"
        className="quiet-button"
        aria-label="Settings"
        title={`Settings (${MOD}+,)`}
        aria-expanded={railIsOpen}
        onClick={onToggleRail}
      >
        <SettingsIcon />
      </button>
    </header>
  );
}
