import { useMemo } from 'react';
import { numberAt } from '../../model/text/token-index';
import type { LensAnswer } from '../../workers/lens/messages';
import { usePlayground, usePlaygroundState } from '../playground-context';
import type { LensView } from '../store/engine/lens-view';
import { attentionColour } from '../tint-scale';
import { type Reading, type SeenWord, seenWords, type Word } from './reading';
import { sentence } from './sentence';
import type { Words } from './use-lens';

/** The reading of an answer about a row, and the name of its head. */
export function useReading(answer: LensAnswer<'row'> | null, view: LensView, words: Words) {
  const config = usePlaygroundState(({ engine }) => (engine.phase === 'ready' ? engine.info.config : null));
  return useMemo(() => {
    if (!answer || !config) return null;
    const { start, answer: row } = answer;
    const position = start + row.shares.length - 1;
    const word = words.at(position);
    const own = config.reweighting === 'leap' ? 'learned' : config.reweighting;
    const reading: Reading = {
      name: word.name,
      part: word.from === word.to ? null : words.of(position),
      words: seenWords(row, start, words.at),
      start,
      earlier: row.earlier,
      span: row.span,
      isSilent: row.silent === row.heads,
      measure: view.mode === 'text' ? view.measure : 'share',
      proportions: view.proportions === 'learned' ? own : view.proportions,
      hasDecay: config.decay,
    };
    return { reading, head: headName(view, config.layers * config.heads) };
  }, [answer, config, view, words]);
}

function headName({ spread, layer, head }: LensView, count: number): string {
  if (spread === 'all') return `the average of all ${count} heads`;
  return spread === 'layer' ? `the average of layer ${layer + 1}` : `head ${layer + 1}.${head + 1}`;
}

/** What the head does at the token, in plain words. */
export function Sentence({ reading, head }: { reading: Reading; head: string }) {
  return (
    <p className="lens-sentence">
      {sentence(reading, head).map((phrase) =>
        typeof phrase === 'string' ? (
          phrase
        ) : (
          <WordButton
            key={phrase.from}
            word={phrase}
            strength={Math.sqrt(phrase.share / reading.words[0].share)}
          />
        ),
      )}
    </p>
  );
}

/** A word of the text: hover frames it in the text, click looks from it. */
export function WordButton({ word, strength }: { word: SeenWord; strength?: number }) {
  const { tokens, lens } = usePlayground();
  const number = numberAt(word.to);
  const frame = (hovered: number | null) => tokens.setState({ hovered: hovered === -1 ? null : hovered }); // the start is not in the text
  return (
    <button
      type="button"
      className="lens-word"
      disabled={number < 0}
      style={strength === undefined ? undefined : { background: attentionColour(strength) ?? undefined }}
      data-tip={`Look from ${quoted(word)}`}
      onPointerEnter={() => frame(number)}
      onPointerLeave={() => frame(null)}
      onFocus={() => frame(number)}
      onBlur={() => frame(null)}
      onClick={() => lens.set({ token: number })}
    >
      {word.name}
    </button>
  );
}

function quoted({ name }: Word): string {
  return `“${name}”`;
}
