import { runCommand } from '../commands';
import type { Playground } from '../store/playground';
import { alternativeFor, commandFor, type Focus, type KeyContext } from './bindings';
import { holdKey, startHolding } from './held-keys';
import { PLATFORM } from './platform';

/** Listens for keys anywhere on the page, and for the browser's own undo. */
export function handleKeyboard(playground: Playground): () => void {
  const listening = new AbortController();
  // In the capture phase, before the editor handles the keys.
  const options = { capture: true, signal: listening.signal } as const;
  window.addEventListener('keydown', (event) => press(event, playground), options);
  window.addEventListener('beforeinput', (event) => takeHistory(event, playground), options);
  return () => listening.abort();
}

function press(event: KeyboardEvent, playground: Playground): void {
  const context = contextOf(event.target, playground);
  if (context.state.card === 'palette' && holdKey(event)) {
    take(event);
    return;
  }
  const alternative = alternativeFor(event, context);
  const command = alternative === null ? commandFor(event, context) : null;
  if (alternative === null && !command) return;
  take(event);
  if (alternative !== null) playground.chooseHere(alternative);
  if (command?.id === 'palette') startHolding();
  if (command) runCommand(command, playground);
}

/** Redirects the browser's undo and redo (by menu, touch or voice) to the playground's history. */
function takeHistory(event: InputEvent, playground: Playground): void {
  const { inputType, target } = event;
  if (focusOf(target) !== 'document' || !/^history(Undo|Redo)$/.test(inputType)) return;
  take(event);
  // When the focused field has nothing left to undo, Chromium sends the undo to the text.
  const { focus, isCovered } = contextOf(document.activeElement, playground);
  if (isCovered || focus === 'line' || focus === 'lines') return;
  if (inputType === 'historyUndo') playground.undo();
  else playground.redo();
}

function take(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

function contextOf(target: EventTarget | null, { store }: Playground): KeyContext {
  const finds = target instanceof Element && target.closest('.cm-editor')?.querySelector('.find');
  return {
    platform: PLATFORM,
    focus: focusOf(target),
    isOpen: Boolean(finds || document.querySelector('[role=dialog], [role=menu], [role=listbox]')),
    isCovered: Boolean(document.querySelector('.cm-content')?.closest('[inert], [aria-hidden=true]')),
    state: store.getState(),
  };
}

const NO_TEXT = /^(button|checkbox|color|file|image|radio|range|reset|submit)$/;

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return 'page';
  if (target.closest('.cm-content')) return 'document';
  if (target instanceof HTMLInputElement) return NO_TEXT.test(target.type) ? 'page' : 'line';
  return target instanceof HTMLTextAreaElement ? 'lines' : 'page';
}
