import { EditorView, ViewPlugin } from '@codemirror/view';

/** While a sheet is open on a phone, a tap chooses a word and opens no on-screen keyboard, which would cover the sheet. */
const quiet = EditorView.domEventObservers({
  pointerdown: (_event, { contentDOM }) => {
    contentDOM.inputMode = document.querySelector('.sheet') ? 'none' : 'text';
  },
});

/** Scrolls to the caret when the on-screen keyboard has shrunk the page. */
const caretInSight = ViewPlugin.define((view) => {
  const show = () => {
    if (view.hasFocus) view.dispatch({ effects: EditorView.scrollIntoView(view.state.selection.main) });
  };
  window.visualViewport?.addEventListener('resize', show);
  return { destroy: () => window.visualViewport?.removeEventListener('resize', show) };
});

/** Extensions for the on-screen keyboards of phones. */
export const softKeyboard = [quiet, caretInSight];
