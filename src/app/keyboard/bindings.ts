import { COMMANDS, type Command, type CommandId, chordsOf } from '../commands';
import type { PlaygroundState } from '../store/state';
import { chordOf, digitOf, heldOf, type Keystroke, type Platform } from './chord';

/** Maps keys to commands, depending on the focus. Pure functions without event listeners. */

/** The text and the title are the document and share one undo. Other fields, of one line or several, keep their own keys. */
export type Focus = 'document' | 'line' | 'lines' | 'page';

export interface KeyContext {
  readonly platform: Platform;
  readonly focus: Focus;
  /** A card, a menu or another popup is open, and Esc closes it. */
  readonly isOpen: boolean;
  /** A dialog covers the document: keys that act only on the document are off. */
  readonly isCovered: boolean;
  readonly state: PlaygroundState;
}

const UNDO_KEYS = ['Mod+Z', 'Mod+Shift+Z', 'Mod+Y'];

/** Chords that a field handles itself. */
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

/** If these commands are disabled, the browser gets their keys. */
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

/** The modifier for choosing an alternative by digit. On a Mac, Option with a digit types [ or { on many layouts. */
export const ALTERNATIVE_HELD: Record<Platform, string> = { mac: 'Ctrl', pc: 'Alt' };

/** The index of the alternative, from 0, that the key chooses for the chosen token; null for any other key. */
export function alternativeFor(event: Keystroke, { platform, isCovered, state }: KeyContext): number | null {
  if (isCovered || state.panel !== 'token') return null;
  if (heldOf(event, platform) !== `${ALTERNATIVE_HELD[platform]}+`) return null;
  return event.code.startsWith('Digit') ? placeOf(event) : null; // on Windows, Alt with the number pad types characters
}

/** The index of the alternative for a digit: 1 is the first, 0 the tenth. */
export function placeOf(event: Keystroke): number | null {
  const digit = digitOf(event);
  return digit === null ? null : (digit + 9) % 10;
}
