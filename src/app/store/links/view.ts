import { TokenIndex } from '../../../model/text/token-index';
import type { View } from '../../../share/shared';
import type { InspectionState } from '../engine/inspection';
import { lensFromView, lensToView } from '../engine/lens-view';
import type { Playground } from '../playground';

const MEASURES: readonly unknown[] = [
  'surprise',
  'probability',
  'off',
] satisfies InspectionState['measure'][];

/** The view in the form of a link: the lens, or the colours and the selected token. */
export function viewOf({ store, inspection, tokens, text }: Playground): View {
  const { panel, lens } = store.getState();
  if (panel === 'lens') return lensToView(lens);
  if (panel !== 'token') return {};
  const index = new TokenIndex(text.runs);
  const { chosen } = tokens.getState();
  // A text offset, because typed runs of an opened link have no token numbers yet.
  const at = chosen !== null && chosen < index.count ? { tintAt: index.token(chosen).from } : {};
  return { tint: inspection.store.getState().measure, ...at };
}

/** Shows the supported parts of a view, and ignores the rest. */
export function openView(playground: Playground, view: View): void {
  const { store, inspection, tokens, text } = playground;
  const lens = lensFromView(view);
  if (lens) {
    playground.lens.restore(lens);
    store.setState({ panel: 'lens' });
  }
  if (lens || !MEASURES.includes(view.tint)) return;
  inspection.set({ measure: view.tint as InspectionState['measure'] });
  const at = Number.isSafeInteger(view.tintAt) ? Number(view.tintAt) : -1;
  tokens.setState({ chosen: new TokenIndex(text.runs).at(at), hovered: null });
  store.setState({ panel: 'token' });
}
