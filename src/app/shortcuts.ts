import { COMMANDS, type Command, runCommand } from './commands';
import type { Playground } from './store/playground';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The keyboard, wherever the focus is. */
export function handleShortcuts(playground: Playground): () => void {
  const listener = (event: KeyboardEvent) => {
    const pressed = chord(event);
    const command = COMMANDS.find(({ keys }) => keys?.includes(pressed));
    if (!command || isElsewhere(command, event, playground)) return;
    event.preventDefault();
    event.stopPropagation();
    runCommand(command, playground);
  };
  // Before the editor, which has its own idea of Enter.
  addEventListener('keydown', listener, { capture: true });
  return () => removeEventListener('keydown', listener, { capture: true });
}

/** Whether the key is meant for something that is open, or is being typed in. */
function isElsewhere({ id, isOff }: Command, { target }: KeyboardEvent, playground: Playground): boolean {
  const open = document.querySelector('[role=dialog], [role=menu], [role=listbox]');
  if (id === 'stop') return Boolean(open) || isOff!(playground.store.getState());
  if (id !== 'undo' && id !== 'redo') return false;
  // A field has its own undo; the title is the text's first line.
  return target instanceof HTMLInputElement && (target.type === 'number' || Boolean(open?.contains(target)));
}

/** As in 'Mod+Shift+Z'. */
function chord({ ctrlKey, metaKey, altKey, shiftKey, key }: KeyboardEvent): string {
  const name = key === 'Escape' ? 'Esc' : key.length === 1 ? key.toUpperCase() : key;
  const mod = ctrlKey || metaKey ? 'Mod+' : '';
  // Shift makes another sign of some keys, which already says that it is held.
  const shift = shiftKey && /^(\p{L}|.{2,})$/u.test(name) ? 'Shift+' : '';
  return `${mod}${altKey ? 'Alt+' : ''}${shift}${name}`;
}

/** The keys of a command as they are called here; none if it has no shortcut. */
export function keysOf({ keys }: Command): string[] {
  const names: Record<string, string> = isMac ? { Mod: '⌘', Alt: '⌥', Shift: '⇧' } : { Mod: 'Ctrl' };
  return keys?.[0].split('+').map((key) => names[key] ?? key) ?? [];
}

/** What a command's button says of itself; `name` where that is more than the command's own. */
export function tipOf(command: Command, name = command.name): string {
  const keys = keysOf(command).join('+');
  return keys ? `${name} (${keys})` : name;
}
