import { EditorView } from '@codemirror/view';

/** While a sheet is open on a phone a tap on a word looks at it: the on-screen keyboard would take the sheet's place. */
export const quietKeyboard = EditorView.domEventObservers({
  pointerdown: (_event, { contentDOM }) => {
    contentDOM.inputMode = document.querySelector('.sheet') ? 'none' : 'text';
  },
});
