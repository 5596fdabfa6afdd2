/** Keys by the names that commands use for them, on every layout and platform. Pure: nothing here listens. */

export type Platform = 'mac' | 'pc';

/** The part of a KeyboardEvent that says what was pressed. */
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

/** Safari ends a composition before its last key comes, which then has this code. */
const COMPOSING = 229;

/** Whether an input method has the key: it writes Chinese, Japanese, Korean and others from several keys. */
export function isComposing({ isComposing, keyCode }: Keystroke): boolean {
  return isComposing || keyCode === COMPOSING;
}

/** The key, for a part of the page that listens by itself; null where it is the input method's. */
export function keyOf(event: Keystroke): string | null {
  return isComposing(event) ? null : event.key;
}

/**
 * A key with what is held, as in 'Mod+Shift+Z': Mod is Command on a Mac and Ctrl elsewhere, Ctrl is a Mac's Control.
 * @returns null for a key that is the input method's or the system's, or that types a character by AltGr or Option
 */
export function chordOf(event: Keystroke, platform: Platform): string | null {
  const held = heldOf(event, platform);
  if (held === null) return null;
  const name = nameOf(event);
  if (name.length === 1 && held === (platform === 'mac' ? 'Alt+' : 'Mod+Alt+')) return null;
  // Shift makes another sign of some keys, which already says that it is held.
  const shift = event.shiftKey && /^(\p{L}|.{2,})$/u.test(name) ? 'Shift+' : '';
  return held + shift + name;
}

/** The digit from 0 to 9 of a key of the top row, whether or not the layout needs Shift for it. */
export function digitOf(event: Keystroke): number | null {
  if (isComposing(event)) return null;
  const digit = /^\d$/.exec(event.key)?.[0] ?? /^Digit(\d)$/.exec(event.code)?.[1];
  return digit === undefined ? null : Number(digit);
}

/**
 * The keys that are held, but for Shift, as in 'Mod+Alt+'.
 * @returns null where they are no one's but the input method's (composing, AltGr) or the system's (the Windows key)
 */
export function heldOf(event: Keystroke, platform: Platform): string | null {
  if (isComposing(event)) return null;
  const alt = event.altKey ? 'Alt+' : '';
  if (platform === 'mac') return `${event.ctrlKey ? 'Ctrl+' : ''}${event.metaKey ? 'Mod+' : ''}${alt}`;
  // Not asked on a Mac: Firefox calls Option AltGraph there.
  if (event.metaKey || event.getModifierState('AltGraph')) return null;
  return `${event.ctrlKey ? 'Mod+' : ''}${alt}`;
}

/** The signs of a US keyboard, for layouts whose own sign is not Latin. */
const SIGNS: Record<string, string> = {
  Comma: ',',
  Period: '.',
  Slash: '/',
  Semicolon: ';',
  Quote: "'",
  BracketLeft: '[',
  BracketRight: ']',
};

/** A key's own letter or sign where it is Latin (AZERTY, Dvorak), else that of its place (Cyrillic, Hebrew). */
function nameOf({ key, code, shiftKey }: Keystroke): string {
  if (key === 'Escape') return 'Esc';
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  // With Shift some Arabic letters become signs: L becomes /.
  if (shiftKey && letter && /^[!-/:-@[-`{-~]$/.test(key)) return letter;
  const isUnknown = key === 'Dead' || key === 'Unidentified';
  if (!isUnknown && /^[ -~]+$|\p{Script=Latin}/u.test(key)) return key.length === 1 ? key.toUpperCase() : key;
  return letter ?? SIGNS[code] ?? key;
}
