import { EngineError } from '../../../model/runtime/errors';
import { describeSnapshot, isSnapshotFile } from '../../../model/runtime/snapshot-file';
import type { Run } from '../../../model/text/text';
import { count } from '../../format';
import { titleOf } from '../document/article';
import { cutAt } from '../document/branches';
import { mapTexts } from '../document/history';
import type { Start } from '../document/start';
import { EMPTY, lengthOf } from '../document/text-value';
import { moved } from '../engine/document-writer';
import { textRequest } from '../engine/text-request';
import type { Playground } from '../playground';

/** The files of saved states: the page makes one of the state behind a beginning of the text, and opens texts with them. */

const OURS = /\.leapformer.*\.state$/i; // browsers put ' (1)' before the last dot
const LARGEST = 2 ** 28; // bytes

/** Whether a file is a saved state, perhaps a damaged one. */
export async function isStateFile(file: File): Promise<boolean> {
  if (OURS.test(file.name)) return true;
  const head = await file
    .slice(0, 8)
    .arrayBuffer()
    .catch(() => new ArrayBuffer());
  return isSnapshotFile(new Uint8Array(head));
}

/**
 * Opens a new text that continues from a saved state. If the shown text misses this file, it gets it instead. If the file
 * cannot be used, a notice gives the reason and the remedy.
 */
export async function openState(playground: Playground, file: File): Promise<void> {
  const { store, texts } = playground;
  try {
    if (file.size > LARGEST)
      throw new EngineError('input', 'The file is too large for a saved state.', 'Choose another file.');
    const bytes = new Uint8Array(await file.arrayBuffer());
    const start: Start = { ...(await describeSnapshot(bytes)), name: file.name, file: bytes };
    const { history } = store.getState();
    const missing = history?.present.start;
    if (history && missing?.digest === start.digest && !missing.file) {
      playground.interrupt();
      store.setState({ history: mapTexts(history, (text) => ({ ...text, start })) });
      playground.notify('The text has its saved state now.', 'text');
      return;
    }
    const { id, digest } = start.model;
    await texts.add({ ...EMPTY, model: { id, digest }, start }, 'at once');
  } catch (thrown) {
    const { message, remedy } = EngineError.from(thrown);
    playground.notify(`${file.name} did not open. ${message} ${remedy} Your own text is unchanged.`);
  }
}

export interface SavedState {
  /** For the name of the file. */
  readonly title: string;
  readonly file: Blob;
}

/**
 * Reads the state behind a beginning of the text. Null if it was stopped or failed.
 * @param runs the beginning; by default up to the cursor
 */
export async function takeState(
  playground: Playground,
  runs = beforeCursor(playground),
): Promise<SavedState | null> {
  const { store, text } = playground;
  let saved: SavedState | null = null;
  await playground.work('Saving the memory', async (mine, _info, engine) => {
    store.setState({ work: { phase: 'reading', read: 0, total: null } });
    const bytes = await engine.snapshot(
      textRequest({ start: text.start, runs }),
      (event) => {
        if (mine.closed) return;
        if (event.type === 'reading' && store.getState().work.phase !== 'stopping')
          store.setState({ work: { phase: 'reading', read: event.read, total: event.total } });
        if (event.type === 'notice') moved(store, event);
      },
      mine.controller.signal,
    );
    if (!bytes || mine.closed) return;
    const tokens = (await describeSnapshot(bytes)).length - 1;
    const amount = tokens === 1 ? '1 token' : `${count(tokens)} tokens`;
    const words = `Saved the state after ${amount}. Keep the file like the text, because parts of the text can be read from it.`;
    playground.notify(words);
    store.setState({ announcement: words });
    saved = { title: `${titleOf(runs)?.words ?? 'Text'} ${tokens} tokens`, file: new Blob([bytes.slice()]) };
  });
  return saved;
}

/** The text before the cursor; all of it if there is no cursor. */
function beforeCursor({ text, cursor }: Playground): readonly Run[] {
  return cursor !== null && cursor < lengthOf(text.runs) ? cutAt(text, cursor).runs : text.runs;
}
