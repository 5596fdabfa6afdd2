import { Tabs } from '@base-ui/react/tabs';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { PANEL_NAMES, type PanelId } from '../../store/state';
import { CloseIcon } from '../controls/icons';
import { Guard } from '../Guard';
import { PANELS } from './panels';

/** The panels beside the text, as tabs. */
export default function Rail() {
  const playground = usePlayground();
  const chosen = usePlaygroundState((state) => state.panel as PanelId);
  return (
    <Tabs.Root className="rail-inner" value={chosen} onValueChange={(id) => playground.show(id)}>
      <div className="rail-head">
        <Tabs.List className="tabs" aria-label="Panels" activateOnFocus>
          {PANELS.map(({ id }) => (
            <Tabs.Tab key={id} value={id} className="tab">
              {PANEL_NAMES[id]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <button
          type="button"
          className="quiet-button"
          aria-label={`Close ${PANEL_NAMES[chosen]}`}
          onClick={() => playground.show(null)}
        >
          <CloseIcon />
        </button>
      </div>
      {PANELS.map(({ id, Content }) => (
        <Tabs.Panel key={id} value={id} className="rail-body">
          <Guard part={{ name: 'This panel' }}>
            <Content />
          </Guard>
        </Tabs.Panel>
      ))}
    </Tabs.Root>
  );
}
