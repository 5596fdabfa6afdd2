import { useEffect, useState } from 'react';
import { plainText } from '../../model/text/text';
import { numberAt, positionOf, TokenIndex } from '../../model/text/token-index';
import type { EngineInfo } from '../../workers/messages';
import { EXAMPLES, type Showpiece } from '../examples';
import { usePlayground } from '../playground-context';
import type { Playground } from '../store/playground';
import type { Words } from './use-lens';

const LAST = 120; // tokens in which the page looks for words
const APART = 20; // tokens between the words of a pair, at least
const CONTENT = /^\p{L}{4,}$/u;

/**
 * Chooses what the lens shows first: the word at the cursor in its strongest head, else the showpiece of the example, else the
 * pair of words with the largest share in any head.
 * @returns whether the choice is made, and the showpiece if the text is an example
 */
export function useOpening({ manifest }: EngineInfo, words: Words) {
  const playground = usePlayground();
  const [isOpen, setOpen] = useState(false);
  const [showpiece, setShowpiece] = useState<Showpiece | null>(null);
  const [isGiven] = useState(() => playground.store.getState().lens.token !== null);
  const [clicked] = useState(() => clickedToken(playground));
  const isReady = words.index.isComplete;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the text is encoded
  useEffect(() => {
    if (!isReady) return;
    let isOver = false;
    const takes = playground.lens.takesProposal();
    const choose = async () => {
      const found = await showpieceOf(playground, manifest.id).catch(() => null);
      if (isOver) return;
      setShowpiece(found);
      if (takes && !isGiven) await propose(playground, found, clicked, words).catch(() => {});
      if (!isOver) setOpen(true);
    };
    void choose();
    return () => {
      isOver = true;
    };
  }, [playground, isReady]);
  return { isOpen: isOpen || !isReady, showpiece };
}

async function showpieceOf({ text }: Playground, id: string): Promise<Showpiece | null> {
  const example = await EXAMPLES[id]?.();
  const isExample = example && plainText(text.runs).startsWith(example.typed.text + example.sampled.text);
  return isExample ? example.showpiece : null;
}

/** The chosen token, or the one at the cursor; null at the end of the text. */
function clickedToken({ tokens, cursor, text }: Playground): number | null {
  const index = new TokenIndex(text.runs);
  return tokens.getState().chosen ?? (cursor !== null && cursor < index.length ? index.at(cursor) : null);
}

async function propose(
  { lens, store }: Playground,
  showpiece: Showpiece | null,
  chosen: number | null,
  words: Words,
): Promise<void> {
  if (showpiece && (chosen === null || chosen === showpiece.query))
    return lens.propose(showpiece.layer, showpiece.head, showpiece.query);
  const { token } = store.getState().lens;
  const at = chosen === null ? null : positionOf(chosen);
  const from = Math.max(1, (at ?? words.count - 1) - LAST);
  const { positions, names } = contentWords(words, from, at);
  const apart = at === null ? APART : 1;
  const { answer } = await lens.ask(
    'pair',
    { words: positions, names, from: at ?? from, to: at ?? words.count, apart },
    true,
  );
  if (store.getState().lens.token !== token) return; // the user has chosen meanwhile
  const { pair } = answer;
  if (pair) lens.propose(pair.layer, pair.head, numberAt(pair.query));
  else if (chosen !== null) lens.set({ token: chosen });
}

/** The last tokens of words of four letters or more from a position on, and the token at `also`, with a number for each word. */
function contentWords(
  words: Words,
  from: number,
  also: number | null,
): { positions: number[]; names: number[] } {
  const numbers = new Map<string, number>();
  const positions: number[] = [];
  const names: number[] = [];
  for (let at = from; at < words.count; at++) {
    const word = words.at(at);
    if (at !== also && (at !== word.to || !CONTENT.test(word.name))) continue;
    const name = word.name.toLowerCase();
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    positions.push(at);
    names.push(numbers.get(name)!);
  }
  return { positions, names };
}
