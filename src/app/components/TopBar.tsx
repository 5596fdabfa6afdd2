import { usePlaygroundState } from '../playground-context';
import { NARROW, useMedia } from '../use-media';
import { DeviceCard } from './cards/DeviceCard';
import { ModelCard } from './cards/ModelCard';
import { MoreCard } from './cards/MoreCard';
import { PagesCard } from './cards/PagesCard';
import { ShareCard } from './cards/ShareCard';
import { CommandButton } from './controls/CommandButton';
import { LensIcon } from './controls/icons';

/** The bar above the text. In a narrow window, the menu at its end holds the device and Settings; the bar below has the lens. */
export function TopBar() {
  const panel = usePlaygroundState((state) => state.panel);
  const engine = usePlaygroundState((state) => state.engine);
  const isNarrow = useMedia(NARROW);
  const info = engine.phase === 'ready' ? engine.info : null;
  return (
    <header className="top-bar">
      <h1 className="name">
        <PagesCard />
      </h1>
      <div className="top-bar-facts">
        {info ? <ModelCard manifest={info.manifest} /> : null}
        {info && !isNarrow ? <DeviceCard info={info} /> : null}
      </div>
      {isNarrow ? null : (
        <CommandButton command="lens" className="quiet-button in-bar" aria-expanded={panel === 'lens'}>
          <LensIcon /> Lens
        </CommandButton>
      )}
      <ShareCard />
      {isNarrow ? null : (
        <CommandButton
          command="settings"
          className="quiet-button in-bar"
          aria-expanded={panel === 'settings'}
        >
          Settings
        </CommandButton>
      )}
      <MoreCard info={info} isNarrow={isNarrow} />
    </header>
  );
}
