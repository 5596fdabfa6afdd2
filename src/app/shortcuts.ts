import { COMMANDS, type Command, runCommand } from './commands';
import type { Playground } from './store/playground';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The keyboard, wherever the focus is. */
export function handleShortcuts(playground: Playground): () => void {
  const listener = (event: KeyboardEvent) => {
    const pressed = chord(event);
    if (choosesToken(event, playground)) return;
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

/** Alt and a digit put that alternative in the place of the token that is looked at. */
function choosesToken(event: KeyboardEvent, playground: Playground): boolean {
  const digit = event.altKey && /^Digit(\d)$/.exec(event.code)?.[1]; // with Alt some layouts type something else
  if (!digit || playground.store.getState().panel !== 'token') return false;
  event.preventDefault();
  playground.chooseHere((Number(digit) + 9) % 10);
  return true;
}

/** Whether the key is meant for something that is open, or is being typed in. */
function isElsewhere({ id, isOff }: Command, { target }: KeyboardEvent, playground: Playground): boolean {
  if (id === 'token-before' || id === 'token-after') return isOff!(playground.store.getState());
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

const ARROWS = { ArrowLeft: '←', ArrowRight: '→' };

/** A token's alternatives, the tenth by 0. */
export const ALTERNATIVE_KEYS = [isMac ? '⌥' : 'Alt', '1 … 0'];

/** The keys of a command as they are called here; none if it has no shortcut. */
export function keysOf({ keys }: Command): string[] {
  const names: Record<string, string> = isMac
    ? { Mod: '⌘', Alt: '⌥', Shift: '⇧', ...ARROWS }
    : { Mod: 'Ctrl', ...ARROWS };
  return keys?.[0].split('+').map((key) => names[key] ?? key) ?? [];
}

/** What a command's button says of itself; `name` where that is more than the command's own. */
export function tipOf(command: Command, name = command.name): string {
  const keys = keysOf(command).join('+');
  return keys ? `${name} (${keys})` : name;
}
