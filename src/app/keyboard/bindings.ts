import { COMMANDS, type Command, type CommandId, chordsOf } from '../commands';
import type { PlaygroundState } from '../store/state';
import { chordOf, digitOf, heldOf, type Keystroke, type Platform } from './chord';

/** Which command a key means, by where it is pressed. Pure: nothing here listens. */

/** The document is the text and its title, which share one undo. Every other field has keys of its own. */
export type Focus = 'document' | 'line' | 'lines' | 'page';

export interface KeyContext {
  readonly platform: Platform;
  readonly focus: Focus;
  /** A card, a menu or the like is open, which Esc closes. */
  readonly isOpen: boolean;
  /** A dialog lies over the document: keys that act on the document alone are off. */
  readonly isCovered: boolean;
  readonly state: PlaygroundState;
}

const UNDO_KEYS = ['Mod+Z', 'Mod+Shift+Z', 'Mod+Y'];

/** Chords of commands that a field uses itself. */
const FIELD_KEYS: Record<Focus, readonly string[]> = {
  document: [],
  page: [],
  line: [...UNDO_KEYS, 'Esc'],
  lines: [...UNDO_KEYS, 'Esc', 'Alt+Enter'], // a line break on a Mac
};

const OF_DOCUMENT: readonly string[] = [
  'undo',
  'redo',
  'find',
  'token-before',
  'token-after',
] satisfies CommandId[];

/** Where they have nothing to do, the browser has a use for their keys. */
const SHARED_WITH_BROWSER: readonly string[] = [
  'stop',
  'find',
  'token-before',
  'token-after',
] satisfies CommandId[];

export function commandFor(event: Keystroke, context: KeyContext): Command | null {
  const { platform, focus, isOpen, isCovered, state } = context;
  const chord = chordOf(event, platform);
  if (chord === null || FIELD_KEYS[focus].includes(chord)) return null;
  const command = COMMANDS.find((command) => chordsOf(command, platform).includes(chord));
  if (!command) return null;
  const { id, isOff } = command;
  if (isCovered && OF_DOCUMENT.includes(id)) return null;
  if (id === 'stop' && isOpen) return null;
  if (SHARED_WITH_BROWSER.includes(id) && isOff!(state)) return null;
  return command;
}

/** What is held to choose an alternative by its digit: on a Mac, Option with a digit types [ or { on many layouts. */
export const ALTERNATIVE_HELD: Record<Platform, string> = { mac: 'Ctrl', pc: 'Alt' };

/** The alternative that is to take the place of the token that is looked at, from 0; null for any other key. */
export function alternativeFor(event: Keystroke, { platform, isCovered, state }: KeyContext): number | null {
  if (isCovered || state.panel !== 'token') return null;
  if (heldOf(event, platform) !== `${ALTERNATIVE_HELD[platform]}+`) return null;
  return event.code.startsWith('Digit') ? placeOf(event) : null; // Windows types characters by Alt and the number pad
}

/** The alternative that a digit alone means: 1 is the first, 0 the tenth. */
export function placeOf(event: Keystroke): number | null {
  const digit = digitOf(event);
  return digit === null ? null : (digit + 9) % 10;
}
