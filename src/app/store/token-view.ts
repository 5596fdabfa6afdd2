import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Token } from '../../model/text/token-index';

/**
 * The colours of the tokens in the text, and the selected token. A panel sets `colour` while it is open; the editor paints
 * it and reports pointer and cursor. Tokens are numbered as in TokenIndex.
 */
export interface TokenView {
  /**
   * The CSS background colour of a token, or null for none; null if no panel shows tokens. The editor calls it with its
   * current text, which may be newer than the text that the panel rendered.
   */
  readonly colour: ((token: Token) => string | null) | null;
  /** Words above tokens; null for none. */
  readonly labels: readonly Label[] | null;
  /** The token under the pointer. */
  readonly hovered: number | null;
  /** The clicked token, the token after the cursor, or the token that a panel selected: then the cursor follows. */
  readonly chosen: number | null;
}

/** Short words above the end of a token. */
export interface Label {
  readonly token: number;
  readonly words: string;
}

export type TokenViewStore = StoreApi<TokenView>;

export function createTokenView(): TokenViewStore {
  return createStore<TokenView>(() => ({ colour: null, labels: null, hovered: null, chosen: null }));
}

/** Selects the previous or next of `count` tokens; the last one if none is selected. */
export function walk(tokens: TokenViewStore, count: number, by: -1 | 1): void {
  const { chosen } = tokens.getState();
  const to = chosen === null ? count - 1 : Math.min(Math.max(chosen + by, 0), count - 1);
  if (count > 0) tokens.setState({ chosen: to, hovered: null });
}
