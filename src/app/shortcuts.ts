import type { Playground } from './store/playground';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** What the keys are called here. */
export const MOD = isMac ? '⌘' : 'Ctrl';
export const ALT = isMac ? '⌥' : 'Alt';

/** The keyboard, wherever the focus is. The help card lists these. */
export function handleShortcuts(playground: Playground): () => void {
  const listener = (event: KeyboardEvent) => {
    const act = action(event, playground);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  // Before the editor, which has its own idea of Enter.
  addEventListener('keydown', listener, { capture: true });
  return () => removeEventListener('keydown', listener, { capture: true });
}

function action(event: KeyboardEvent, playground: Playground): (() => void) | null {
  const { altKey, shiftKey, target } = event;
  const mod = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  const isIdle = playground.store.getState().work.phase === 'idle';
  if (key === 'enter' && mod && shiftKey) return () => void (isIdle && playground.regenerate());
  if (key === 'enter' && mod) return () => void (isIdle && playground.generate());
  if (key === 'enter' && altKey) return () => void (isIdle && playground.generate(1));
  // Escape closes what is open first.
  if (key === 'escape' && !isIdle && !document.querySelector('[role=dialog], [role=menu], [role=listbox]'))
    return () => playground.stop();
  if (mod && key === ',') return () => playground.toggle('settings');
  // A number that is being typed has its own undo.
  if (target instanceof HTMLInputElement && target.type === 'number') return null;
  if (mod && key === 'z') return () => (shiftKey ? playground.redo() : playground.undo());
  if (mod && key === 'y') return () => playground.redo();
  return null;
}
