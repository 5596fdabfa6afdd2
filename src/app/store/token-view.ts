import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Token } from '../../model/text/token-index';

/**
 * How the page shows the text's tokens, and which of them is looked at. A panel sets `colour` while it is open; the
 * editor paints it and says where pointer and cursor are. Tokens are numbered as in TokenIndex.
 */
export interface TokenView {
  /**
   * A CSS colour to stand behind a token, or null for none; null as a whole when no panel asks for tokens. Asked about
   * the text as it is in the editor, which may be newer than what the panel has seen.
   */
  readonly colour: ((token: Token) => string | null) | null;
  /** The token under the pointer. */
  readonly hovered: number | null;
  /** The token behind the cursor, or the one that a panel went to: then the cursor follows. */
  readonly chosen: number | null;
}

export type TokenViewStore = StoreApi<TokenView>;

export function createTokenView(): TokenViewStore {
  return createStore<TokenView>(() => ({ colour: null, hovered: null, chosen: null }));
}
