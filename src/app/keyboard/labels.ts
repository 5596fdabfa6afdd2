import { type Command, chordsOf } from '../commands';
import { ALTERNATIVE_HELD } from './bindings';
import { PLATFORM } from './platform';

/** Names of keys on this platform. */

const ARROWS = { ArrowLeft: '←', ArrowRight: '→' };

const NAMES: Record<string, string> =
  PLATFORM === 'mac' ? { Mod: '⌘', Alt: '⌥', Shift: '⇧', Ctrl: '⌃', ...ARROWS } : { Mod: 'Ctrl', ...ARROWS };

/** The keys that choose a token's alternatives; 0 chooses the tenth. */
export const ALTERNATIVE_KEYS = [labelOf(ALTERNATIVE_HELD[PLATFORM]), '1 … 0'];

/** The keys of a command; empty if it has no shortcut. */
export function keysOf(command: Command): string[] {
  return chordsOf(command, PLATFORM)[0]?.split('+').map(labelOf) ?? [];
}

/** The tooltip of a command's button; `name` replaces the command's own name. */
export function tipOf(command: Command, name = command.name): string {
  const keys = keysOf(command).join('+');
  return keys ? `${name} (${keys})` : name;
}

function labelOf(key: string): string {
  return NAMES[key] ?? key;
}
