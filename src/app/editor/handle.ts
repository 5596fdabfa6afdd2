/** The editor as the rest of the page knows it. It loads late, and CodeMirror with it: so the page cannot import it. */
export interface EditorHandle {
  focus(): void;
  /** Opens the search panel, or goes to its field. */
  find(): void;
}

let opened: EditorHandle | null = null;

/** Null while the editor is on its way. */
export function openedEditor(): EditorHandle | null {
  return opened;
}

export function setOpenedEditor(editor: EditorHandle | null): void {
  opened = editor;
}
