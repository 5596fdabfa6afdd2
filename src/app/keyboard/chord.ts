/** Names keys as commands do, on every layout and platform. Pure functions without event listeners. */

export type Platform = 'mac' | 'pc';

/** The part of a KeyboardEvent that identifies the key. */
export type Keystroke = Pick<
  KeyboardEvent,
  | 'key'
  | 'code'
  | 'keyCode'
  | 'isComposing'
  | 'ctrlKey'
  | 'metaKey'
  | 'altKey'
  | 'shiftKey'
  | 'getModifierState'
>;

/** Safari ends a composition before its last key event, which then has this code. */
const COMPOSING = 229;

/** Whether the key belongs to an input method, which composes Chinese, Japanese, Korean and other text from several keys. */
export function isComposing({ isComposing, keyCode }: Keystroke): boolean {
  return isComposing || keyCode === COMPOSING;
}

/** The key, for components with their own listeners; null if it belongs to an input method. */
export function keyOf(event: Keystroke): string | null {
  return isComposing(event) ? null : event.key;
}

/**
 * A key with its modifiers, as in 'Mod+Shift+Z': Mod is Command on a Mac and Ctrl elsewhere; Ctrl is Control on a Mac.
 * @returns null for a key of an input method or the system, or that types a character with AltGr or Option
 */
export function chordOf(event: Keystroke, platform: Platform): string | null {
  const held = heldOf(event, platform);
  if (held === null) return null;
  const name = nameOf(event);
  if (name.length === 1 && held === (platform === 'mac' ? 'Alt+' : 'Mod+Alt+')) return null;
  // With Shift, some keys produce another sign, which already implies Shift.
  const shift = event.shiftKey && /^(\p{L}|.{2,})$/u.test(name) ? 'Shift+' : '';
  return held + shift + name;
}

/** The digit of a key of the top row, with or without Shift (some layouts need it). */
export function digitOf(event: Keystroke): number | null {
  if (isComposing(event)) return null;
  const digit = /^\d$/.exec(event.key)?.[0] ?? /^Digit(\d)$/.exec(event.code)?.[1];
  return digit === undefined ? null : Number(digit);
}

/**
 * The modifiers without Shift, as in 'Mod+Alt+'.
 * @returns null if the key belongs to an input method (composition, AltGr) or to the system (the Windows key)
 */
export function heldOf(event: Keystroke, platform: Platform): string | null {
  if (isComposing(event)) return null;
  const alt = event.altKey ? 'Alt+' : '';
  if (platform === 'mac') return `${event.ctrlKey ? 'Ctrl+' : ''}${event.metaKey ? 'Mod+' : ''}${alt}`;
  // Not on a Mac, where Firefox reports Option as AltGraph.
  if (event.metaKey || event.getModifierState('AltGraph')) return null;
  return `${event.ctrlKey ? 'Mod+' : ''}${alt}`;
}

/** The signs of a US keyboard, for layouts with non-Latin signs. */
const SIGNS: Record<string, string> = {
  Comma: ',',
  Period: '.',
  Slash: '/',
  Semicolon: ';',
  Quote: "'",
  BracketLeft: '[',
  BracketRight: ']',
};

/** The key's letter or sign if it is Latin (AZERTY, Dvorak), else the US letter or sign of its position (Cyrillic, Hebrew). */
function nameOf({ key, code, shiftKey }: Keystroke): string {
  if (key === 'Escape') return 'Esc';
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  // On Arabic layouts, Shift turns some letters into signs: L becomes /.
  if (shiftKey && letter && /^[!-/:-@[-`{-~]$/.test(key)) return letter;
  const isUnknown = key === 'Dead' || key === 'Unidentified';
  if (!isUnknown && /^[ -~]+$|\p{Script=Latin}/u.test(key)) return key.length === 1 ? key.toUpperCase() : key;
  return letter ?? SIGNS[code] ?? key;
}
