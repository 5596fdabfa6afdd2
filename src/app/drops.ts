import { openItems } from './opening';
import type { Playground } from './store/playground';

/** Opens the files and folders that the user drops anywhere on the page. */
export function handleDrops(playground: Playground): () => void {
  // A part of the page that takes files itself has this attribute.
  const isTaken = ({ target }: DragEvent) =>
    target instanceof Element && target.closest('[data-takes-files]') !== null;
  const isFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files');
  const over = (event: DragEvent) => {
    if (isFile(event)) event.preventDefault();
  };
  const drop = (event: DragEvent) => {
    if (!isFile(event) || isTaken(event)) return;
    event.preventDefault();
    event.stopPropagation(); // the editor would insert it
    // The browser clears the items when the event ends.
    const items = Array.from(event.dataTransfer!.items, (item) => {
      const entry = item.webkitGetAsEntry();
      return entry?.isDirectory ? entry : item.getAsFile();
    });
    void openItems(
      playground,
      items.filter((item) => item !== null),
    );
  };
  // In the capture phase, before the editor handles the events.
  addEventListener('dragover', over, { capture: true });
  addEventListener('drop', drop, { capture: true });
  return () => {
    removeEventListener('dragover', over, { capture: true });
    removeEventListener('drop', drop, { capture: true });
  };
}
