import type { Playground } from './store/playground';
import { openFile } from './store/sharing';

/** Files hold what a link's fragment would; as .txt, so that every program hands them on. */

const OURS = /\.leapformer.*\.txt$/i; // browsers put ' (1)' before the last dot

export function fileName(title: string): string {
  const safe = title
    .replace(/[^\p{L}\p{N} -]+/gu, '')
    .slice(0, 60)
    .trim();
  return `${safe || 'Text'}.leapformer.txt`;
}

export function save(content: string | Blob, name: string): void {
  const blob = typeof content === 'string' ? new Blob([content], { type: 'text/plain' }) : content;
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // some browsers read it only after a while
}

/** Files dropped anywhere on the page: one of ours is opened, any other is the editor's. */
export function handleDrops(playground: Playground): () => void {
  const isFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files');
  const over = (event: DragEvent) => {
    if (isFile(event)) event.preventDefault();
  };
  const drop = (event: DragEvent) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    if (OURS.test(file.name)) {
      event.preventDefault();
      event.stopPropagation(); // the editor would insert it as text
      void openFile(playground, file);
    } else if (!(event.target as Element).closest('.cm-editor')) event.preventDefault(); // not to leave the page
  };
  // Before the editor.
  addEventListener('dragover', over, { capture: true });
  addEventListener('drop', drop, { capture: true });
  return () => {
    removeEventListener('dragover', over, { capture: true });
    removeEventListener('drop', drop, { capture: true });
  };
}
