import { EditorView, ViewPlugin } from '@codemirror/view';

/** While a sheet is open on a phone a tap on a word looks at it: the on-screen keyboard would take the sheet's place. */
const quiet = EditorView.domEventObservers({
  pointerdown: (_event, { contentDOM }) => {
    contentDOM.inputMode = document.querySelector('.sheet') ? 'none' : 'text';
  },
});

/** Where the on-screen keyboard has taken room from the page, brings the caret back in sight. */
const caretInSight = ViewPlugin.define((view) => {
  const show = () => {
    if (view.hasFocus) view.dispatch({ effects: EditorView.scrollIntoView(view.state.selection.main) });
  };
  window.visualViewport?.addEventListener('resize', show);
  return { destroy: () => window.visualViewport?.removeEventListener('resize', show) };
});

/** The on-screen keyboards of phones. */
export const softKeyboard = [quiet, caretInSight];
