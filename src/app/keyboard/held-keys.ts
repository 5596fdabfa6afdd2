import { isComposing } from './chord';

/** Holds keys that the user types before the palette's field has the focus, so that they go to the field, not the text. */

/** ms to wait for the palette; after that, keys go to the text again. */
const PATIENCE = 2000;

let held: { text: string; until: number } | null = null;

export function startHolding(): void {
  held = { text: '', until: Date.now() + PATIENCE };
}

/** Whether the key was held. Chords are not held, because they are commands. */
export function holdKey(event: KeyboardEvent): boolean {
  if (!held || Date.now() > held.until || isComposing(event)) return false;
  const { key } = event;
  const isTyped = key.length === 1;
  const hasChord = (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState('AltGraph');
  if (hasChord || key === 'Escape') return false;
  if (isTyped) held.text += key;
  else if (key === 'Backspace') held.text = held.text.slice(0, -1);
  return true;
}

/** Returns the held text and stops holding keys. */
export function takeHeldKeys(): string {
  const text = held?.text ?? '';
  held = null;
  return text;
}
