import { useDeferredValue, useMemo } from 'react';
import { useStore } from 'zustand';
import type { TokenRecord } from '../model/sampling/records';
import type { Run } from '../model/text/text';
import { type Token, TokenIndex } from '../model/text/token-index';
import { usePlayground, usePlaygroundState } from './playground-context';
import { isForeign } from './store/document/text-value';
import { lookUp, readUpTo } from './store/engine/inspection';

/** The text's tokens and their records. */
export interface KnownTokens {
  readonly runs: readonly Run[];
  readonly index: TokenIndex;
  record(token: Token): TokenRecord | null;
  /** Every token has a record. */
  readonly isWhole: boolean;
}

export function useTokens(): KnownTokens {
  const { inspection } = usePlayground();
  // Deferred: other components render first while the model writes.
  const runs = useDeferredValue(usePlaygroundState((state) => state.history?.present.runs ?? NONE));
  const reading = useStore(inspection.store, (state) => state.reading);
  return useMemo(() => {
    const known = readUpTo(reading, runs);
    const index = new TokenIndex(runs);
    const record = (token: Token) => lookUp(token, reading, known);
    let first = 0;
    const isWhole = runs.every(({ tokens }) => {
      if (!tokens) return false;
      const isKnown = tokens.ids.length === 0 || record(index.token(first)) !== null;
      first += tokens.ids.length;
      return isKnown;
    });
    return { runs, index, record, isWhole };
  }, [runs, reading]);
}

const NONE: readonly Run[] = [];

/** Whether the text's tokens belong to another model than the loaded one. */
export function useIsForeign(): boolean {
  return usePlaygroundState(
    ({ engine, history }) =>
      engine.phase === 'ready' && history !== null && isForeign(history.present, engine.info.manifest),
  );
}

/** The loaded model's vocabulary; null if the text's tokens belong to another model. */
export function useVocabulary() {
  const engine = usePlaygroundState((state) => state.engine);
  const isOther = useIsForeign();
  return engine.phase === 'ready' && !isOther ? engine.info.vocabulary : null;
}
