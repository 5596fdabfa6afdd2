import { useEffect, useMemo, useState } from 'react';
import { EngineError, type ErrorData } from '../../model/runtime/errors';
import type { Encoded } from '../../model/text/encoded';
import { plainText, type Run } from '../../model/text/text';
import { numberAt, TokenIndex } from '../../model/text/token-index';
import type { LensAnswer, LensQuestions } from '../../workers/lens/messages';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { commonTokens } from '../store/document/same-text';
import { LENS_PAUSE } from '../store/engine/lens-controller';
import type { LensView } from '../store/engine/lens-view';
import { joins, type Word } from './reading';

export interface Looking<K extends keyof LensQuestions> {
  /** Null if there is none, or if the text has changed since. */
  readonly answer: LensAnswer<K> | null;
  /** The view of the lens that the answer is about. */
  readonly view: LensView;
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
  const view = usePlaygroundState(({ lens }) => lens);
  const { token, proportions } = view;
  const runs = usePlaygroundState(({ history }) => history?.present.runs ?? NONE);
  const [looking, setLooking] = useState<Looking<K> & { readonly parts: readonly (Encoded | null)[] }>({
    answer: null,
    view,
    parts: [],
    problem: null,
    isBusy: false,
  });
  const key = JSON.stringify([question, token, proportions]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key changes with the question
  useEffect(() => {
    if (!isReady || !isWanted) return;
    let [isBusy, isOver] = [false, false];
    let asked: readonly Run[] | null = null;
    let isFirst = kind === 'row'; // the first sentence comes from a shorter window
    const ask = async () => {
      if (isBusy || isOver || playground.text.runs === asked) return;
      isBusy = true;
      const before = playground.text.runs;
      asked = before;
      setLooking((before) => ({ ...before, isBusy: true }));
      try {
        const answer = await playground.lens.ask(kind, question, isFirst);
        isFirst = false;
        if (answer.encoded.length) asked = playground.text.runs; // the same text, now with its tokens
        if (answer.isPartial) asked = null;
        const parts = before.map(({ tokens }) => tokens);
        for (const { run, tokens } of answer.encoded) parts[run] = tokens;
        if (!isOver) setLooking({ answer, view, parts, problem: null, isBusy: false });
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

/** Whether the lens can answer now: a model with other proportions reads the whole text, so it waits for a generation to end. */
export function useCanRun(): boolean {
  return usePlaygroundState(({ lens, work }) => lens.proportions === 'learned' || work.phase === 'idle');
}

/** The current text by the positions of its tokens in the model. Position 0 is the start token. */
export interface Words {
  readonly index: TokenIndex;
  readonly count: number;
  /** The words of the token at a position, with visible white space. */
  of(position: number): string;
  /** The word that the token belongs to. */
  at(position: number): Word;
}

export function useWords(): Words {
  const runs = usePlaygroundState(({ history }) => history?.present.runs ?? NONE);
  return useMemo(() => {
    const index = new TokenIndex(runs);
    const text = plainText(runs);
    const raw = (position: number) => {
      if (position < 1 || position > index.count) return null;
      const { from, to } = index.token(numberAt(position));
      return text.slice(from, to);
    };
    const of = (position: number) => {
      if (position === 0) return 'the start';
      const words = raw(position);
      return words === null ? '…' : words === '' ? 'part of a character' : shown(words);
    };
    const at = (position: number): Word => {
      let [from, to] = [position, position];
      while (joins(raw(from - 1) ?? '', raw(from) ?? '')) from--;
      while (joins(raw(to) ?? '', raw(to + 1) ?? '')) to++;
      if (from === to) return { from, to, name: of(position) };
      const name = Array.from({ length: to - from + 1 }, (_, n) => raw(from + n)).join('');
      return { from, to, name: shown(name) };
    };
    return { index, count: index.count + 1, of, at };
  }, [runs]);
}

function shown(words: string): string {
  if (/^\n+$/.test(words)) return 'line break';
  return words.replaceAll('\n', '⏎').replaceAll('\f', '❧').trim() || '␣';
}

const NONE: readonly Run[] = [];
