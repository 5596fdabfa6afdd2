import { isComposing } from './chord';

/** Keys that are pressed between the palette's shortcut and its field: they are for the field, not for the text. */

/** ms after which a palette that did not come is not waited for: the keys are the text's again. */
const PATIENCE = 2000;

let held: { text: string; until: number } | null = null;

export function startHolding(): void {
  held = { text: '', until: Date.now() + PATIENCE };
}

/** Whether the key is held back. Chords are not: they are commands. */
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

/** Ends the holding. */
export function takeHeldKeys(): string {
  const text = held?.text ?? '';
  held = null;
  return text;
}
