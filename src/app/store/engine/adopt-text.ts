import type { StoreApi } from 'zustand/vanilla';
import type { Manifest } from '../../../model/runtime/folder';
import { keepUndone } from '../document/branches';
import { amend, commit } from '../document/history';
import { notify } from '../document/notice';
import { asTyped, isForeign, type TextValue } from '../document/text-value';
import type { PlaygroundState } from '../state';

/** The text for the loaded model. The text of another model becomes typed text, with a notice. */
export function adoptText(store: StoreApi<PlaygroundState>, manifest: Manifest): TextValue {
  const history = store.getState().history!;
  const { present } = history;
  if (present.start) return present; // another model cannot read the state
  const model = { id: manifest.id, digest: manifest.digest };
  if (!isForeign(present, manifest)) return { ...present, model };
  const wasSampled = present.runs.some(({ source }) => source === 'sampled');
  const before = wasSampled ? keepUndone(history) : history;
  const typed = asTyped(before.present);
  store.setState({ history: (wasSampled ? commit : amend)(before, typed) });
  const words = 'Another model wrote this text. This model reads it as typed text, beside a hollow bar.';
  if (wasSampled) notify(store, words, 'text');
  return { ...typed, model };
}
