import { type Command, chordsOf } from '../commands';
import { ALTERNATIVE_HELD } from './bindings';
import { PLATFORM } from './platform';

/** Keys as they are called on this platform. */

const ARROWS = { ArrowLeft: '←', ArrowRight: '→' };

const NAMES: Record<string, string> =
  PLATFORM === 'mac' ? { Mod: '⌘', Alt: '⌥', Shift: '⇧', Ctrl: '⌃', ...ARROWS } : { Mod: 'Ctrl', ...ARROWS };

/** A token's alternatives, the tenth by 0. */
export const ALTERNATIVE_KEYS = [labelOf(ALTERNATIVE_HELD[PLATFORM]), '1 … 0'];

/** The keys of a command; none if it has no shortcut. */
export function keysOf(command: Command): string[] {
  return chordsOf(command, PLATFORM)[0]?.split('+').map(labelOf) ?? [];
}

/** What a command's button says of itself; `name` where that is more than the command's own. */
export function tipOf(command: Command, name = command.name): string {
  const keys = keysOf(command).join('+');
  return keys ? `${name} (${keys})` : name;
}

function labelOf(key: string): string {
  return NAMES[key] ?? key;
}
