/** The page's interface to the editor. The editor and CodeMirror load late, so the page cannot import them. */
export interface EditorHandle {
  focus(): void;
  /** Opens the find panel, or focuses its field. */
  find(): void;
}

let opened: EditorHandle | null = null;

/** Null until the editor has loaded. */
export function openedEditor(): EditorHandle | null {
  return opened;
}

export function setOpenedEditor(editor: EditorHandle | null): void {
  opened = editor;
}
