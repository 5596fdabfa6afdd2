import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useEffect, useState } from 'react';
import type { IndexEntry } from '../../../model/runtime/model-index';
import { runCommand } from '../../commands';
import { takeHeldKeys } from '../../keyboard/held-keys';
import { keysOf } from '../../keyboard/labels';
import { listModels } from '../../models';
import { type Entry, findEntries, modelEntries } from '../../palette';
import { usePlayground } from '../../playground-context';
import { useOwnModels } from '../../use-own-models';
import { Keys } from './Keys';

/** Finds commands, views, settings and models by words. Disabled commands are left out. */
export default function CommandPalette() {
  const playground = usePlayground();
  const state = playground.store.getState();
  const models = useModels();
  const close = () => playground.openCard(null);
  const [words, setWords] = useState('');
  const found = findEntries(words, models).filter(({ id, isOff }) => id !== 'palette' && !isOff?.(state));
  const run = (entry: Entry) => {
    close();
    runCommand(entry, playground);
  };
  return (
    <Dialog.Root open onOpenChange={close}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="palette" aria-label="All commands">
          <Autocomplete.Root
            open
            inline
            autoHighlight="always"
            keepHighlight
            mode="none"
            items={found}
            value={words}
            onValueChange={setWords}
            itemToStringValue={(entry: Entry) => entry.name}
          >
            <Autocomplete.Input
              onFocus={() => setWords((before) => before + takeHeldKeys())}
              className="palette-field"
              aria-label="Command"
              placeholder="Command, view, setting or model"
            />
            <Autocomplete.Empty className="palette-empty">No matching commands</Autocomplete.Empty>
            <Autocomplete.List className="palette-list">
              {(entry: Entry) => (
                <Autocomplete.Item
                  key={entry.id}
                  value={entry}
                  className="palette-item"
                  onClick={() => run(entry)}
                >
                  {entry.name} <Keys keys={keysOf(entry)} />
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Root>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** The models that can be loaded; empty until the list is there. */
function useModels(): readonly Entry[] {
  const { engine } = usePlayground().store.getState();
  const { models: own } = useOwnModels();
  const loaded = engine.phase === 'ready' ? engine.info.manifest : null;
  const [published, setPublished] = useState<readonly IndexEntry[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    listModels(controller.signal).then(setPublished, () => {}); // without the list, there are no such entries
    return () => controller.abort();
  }, []);
  const named = own.map(({ manifest: { digest, name } }) => ({ id: digest, name, digest }));
  return modelEntries([...published, ...named].filter(({ digest }) => digest !== loaded?.digest));
}
