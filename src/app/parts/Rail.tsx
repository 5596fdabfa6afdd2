import { Dialog } from '@base-ui/react/dialog';
import { Tabs } from '@base-ui/react/tabs';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { useMedia } from '../use-media';
import { CloseIcon } from './icons';
import { PANELS } from './panels';

/** Beside the text: its panels, one at a time. On a narrow window the rail is a sheet over the end of the page; above it the text can be touched. */
export default function Rail() {
  const playground = usePlayground();
  const isNarrow = useMedia('(max-width: 719px)');
  const chosen = usePlaygroundState((state) => state.panel);
  const panel = PANELS.find(({ id }) => id === chosen);
  if (!panel) return null;
  if (!isNarrow)
    return (
      <aside className="rail" aria-label={panel.name}>
        <Panels />
      </aside>
    );
  return (
    <Dialog.Root open modal={false} disablePointerDismissal onOpenChange={() => playground.show(null)}>
      <Dialog.Portal>
        <Dialog.Popup className="sheet" aria-label={panel.name}>
          <Panels />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Panels() {
  const playground = usePlayground();
  const chosen = usePlaygroundState((state) => state.panel);
  const name = PANELS.find(({ id }) => id === chosen)?.name;
  return (
    <Tabs.Root className="rail-inner" value={chosen} onValueChange={(id) => playground.show(id)}>
      <div className="rail-head">
        {PANELS.length > 1 ? (
          <Tabs.List className="tabs" aria-label="Panels" activateOnFocus>
            {PANELS.map(({ id, name }) => (
              <Tabs.Tab key={id} value={id} className="tab">
                {name}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        ) : (
          <h2>{name}</h2>
        )}
        <button
          type="button"
          className="quiet-button"
          aria-label={`Close ${name}`}
          onClick={() => playground.show(null)}
        >
          <CloseIcon />
        </button>
      </div>
      {PANELS.map(({ id, Content }) => (
        <Tabs.Panel key={id} value={id} className="rail-body">
          <Content />
        </Tabs.Panel>
      ))}
    </Tabs.Root>
  );
}
