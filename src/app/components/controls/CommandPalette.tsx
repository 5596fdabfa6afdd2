import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useState } from 'react';
import { COMMANDS, type Command, runCommand } from '../../commands';
import { takeHeldKeys } from '../../keyboard/held-keys';
import { keysOf } from '../../keyboard/labels';
import { usePlayground } from '../../playground-context';
import { Keys } from './Keys';

/** Finds commands by name. Disabled commands are left out. */
export default function CommandPalette() {
  const playground = usePlayground();
  const state = playground.store.getState();
  const commands = COMMANDS.filter(({ id, isOff }) => id !== 'palette' && !isOff?.(state));
  const close = () => playground.openCard(null);
  const [words, setWords] = useState('');
  const run = (command: Command) => {
    close();
    runCommand(command, playground);
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
            items={commands}
            value={words}
            onValueChange={setWords}
            itemToStringValue={(command: Command) => command.name}
          >
            <Autocomplete.Input
              onFocus={() => setWords((before) => before + takeHeldKeys())}
              className="palette-field"
              aria-label="Command"
              placeholder="Type a command"
            />
            <Autocomplete.Empty className="palette-empty">No matching commands</Autocomplete.Empty>
            <Autocomplete.List className="palette-list">
              {(command: Command) => (
                <Autocomplete.Item
                  key={command.id}
                  value={command}
                  className="palette-item"
                  onClick={() => run(command)}
                >
                  {command.name} <Keys keys={keysOf(command)} />
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Root>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
