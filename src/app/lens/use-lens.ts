import { useEffect, useMemo, useState } from 'react';
import { EngineError, type ErrorData } from '../../model/runtime/errors';
import type { Encoded } from '../../model/text/encoded';
import { plainText, type Run } from '../../model/text/text';
import { numberAt, TokenIndex } from '../../model/text/token-index';
import type { LensAnswer, LensQuestions } from '../../workers/lens/messages';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { commonTokens } from '../store/document/same-text';
import { LENS_PAUSE } from '../store/engine/lens-controller';

interface Looking<K extends keyof LensQuestions> {
  /** Null if there is none, or if the text has changed since. */
  readonly answer: LensAnswer<K> | null;
  readonly problem: ErrorData | null;
  readonly isBusy: boolean;
}

/** Asks the lens a question about the text and its chosen token, again whenever either changes. */
export function useLens<K extends keyof LensQuestions>(
  kind: K,
  question: LensQuestions[K],
  isWanted = true,
): Looking<K> {
  const playground = usePlayground();
  const isReady = usePlaygroundState(({ engine }) => engine.phase === 'ready');
  const token = usePlaygroundState(({ lens }) => lens.token);
  const runs = usePlaygroundState(({ history }) => history?.present.runs ?? NONE);
  const [looking, setLooking] = useState<Looking<K> & { readonly parts: readonly (Encoded | null)[] }>({
    answer: null,
    parts: [],
    problem: null,
    isBusy: false,
  });
  const key = JSON.stringify([question, token]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key changes with the question
  useEffect(() => {
    if (!isReady || !isWanted) return;
    let [isBusy, isOver] = [false, false];
    let asked: readonly Run[] | null = null;
    const ask = async () => {
      if (isBusy || isOver || playground.text.runs === asked) return;
      isBusy = true;
      const before = playground.text.runs;
      asked = before;
      setLooking((before) => ({ ...before, isBusy: true }));
      try {
        const answer = await playground.lens.ask(kind, question);
        if (answer.encoded.length) asked = playground.text.runs; // the same text, now with its tokens
        const parts = before.map(({ tokens }) => tokens);
        for (const { run, tokens } of answer.encoded) parts[run] = tokens;
        if (!isOver) setLooking({ answer, parts, problem: null, isBusy: false });
      } catch (thrown) {
        const error = EngineError.from(thrown);
        if (!isOver && error.code !== 'cancelled')
          setLooking((before) => ({ ...before, problem: error.toData(), isBusy: false }));
      }
      const isWriting = playground.store.getState().work.phase !== 'idle';
      if (isWriting) await new Promise((resolve) => setTimeout(resolve, LENS_PAUSE[kind]));
      isBusy = false;
      void ask();
    };
    const unsubscribe = playground.store.subscribe(() => void ask());
    void ask();
    return () => {
      isOver = true;
      unsubscribe();
    };
  }, [playground, kind, key, isReady, isWanted]);
  const { answer, parts } = looking;
  const holds = answer !== null && commonTokens(parts, runs) >= answer.start + answer.count - 1; // - 1: token 0 is not in the text
  return { ...looking, answer: holds ? answer : null };
}

/** The current text by the positions of its tokens in the model. Position 0 is the start token. */
export interface Words {
  readonly index: TokenIndex;
  readonly count: number;
  /** The words of the token at a position, with visible white space. */
  of(position: number): string;
}

export function useWords(): Words {
  const runs = usePlaygroundState(({ history }) => history?.present.runs ?? NONE);
  return useMemo(() => {
    const index = new TokenIndex(runs);
    const text = plainText(runs);
    const of = (position: number) => {
      if (position === 0) return 'start';
      if (position > index.count) return '…';
      const { from, to } = index.token(numberAt(position));
      if (from === to) return 'part of a character';
      const words = text.slice(from, to).replaceAll('\n', '⏎').replaceAll('\f', '❧');
      return words.trim() || '␣';
    };
    return { index, count: index.count + 1, of };
  }, [runs]);
}

const NONE: readonly Run[] = [];
