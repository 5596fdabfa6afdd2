import { type KeyboardEvent, useEffect } from 'react';
import { useStore } from 'zustand';
import { lastPosition, type Token } from '../../../model/text/token-index';
import { showToken, tokenBytes } from '../../../model/text/vocabulary';
import { canHighlight } from '../../editor/highlights';
import { count } from '../../format';
import { placeOf } from '../../keyboard/bindings';
import { keyOf } from '../../keyboard/chord';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { scoredRecord } from '../../store/engine/inspection';
import { LEGEND, strengthOf, type TintMeasure, tintColour } from '../../tint-scale';
import { type KnownTokens, useIsForeign, useTokens, useVocabulary } from '../../use-tokens';
import { Choice } from '../controls/Choice';
import { BackIcon, ForthIcon } from '../controls/icons';
import { ForeignText } from '../document/ForeignText';
import { TokenFacts } from './TokenFacts';

const MEASURES = [
  { value: 'surprise', name: 'Surprise' },
  { value: 'probability', name: 'Probability' },
  { value: 'off', name: 'Off' },
] as const;

/** The probability of each token as a colour in the text, and all figures of one token. */
export function TokenPanel() {
  const { inspection, tokens: view } = usePlayground();
  const known = useTokens();
  const measure = useStore(inspection.store, (state) => state.measure);
  useTint(measure);
  const number = useStore(view, ({ hovered, chosen }) => hovered ?? chosen);
  const token = number !== null && number < known.index.count ? known.index.token(number) : null;
  return (
    <div className="token-panel">
      <Choice
        name="Colour by"
        value={measure}
        options={MEASURES}
        onChange={(measure) => inspection.set({ measure })}
      />
      {measure === 'off' ? null : canHighlight ? <Legend measure={measure} /> : <CannotColour />}
      <ReadText known={known} />
      <Walk token={token} known={known} />
    </div>
  );
}

/** Colours the text while the panel is open. */
function useTint(measure: TintMeasure | 'off') {
  const { inspection, tokens } = usePlayground();
  const reading = useStore(inspection.store, (state) => state.reading);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new readings repaint the text
  useEffect(() => {
    const colour = (token: Token) => {
      const found = measure === 'off' ? null : inspection.logProbability(token);
      return found === null ? null : tintColour(strengthOf(measure as TintMeasure, found));
    };
    tokens.setState({ colour });
  }, [inspection, tokens, measure, reading]);
  useEffect(() => () => tokens.setState({ colour: null, hovered: null }), [tokens]);
}

function CannotColour() {
  return <p className="hint">This browser is too old to colour text. Hover a token to see its figures.</p>;
}

function Legend({ measure }: { measure: TintMeasure }) {
  const [none, strong] = LEGEND[measure];
  const stops = Array.from({ length: 13 }, (_, i) => tintColour(i / 12) ?? 'transparent');
  return (
    <div className="legend">
      <div
        className="legend-scale"
        style={{ background: `linear-gradient(to right, ${stops.join(', ')})` }}
      />
      <span>{none}</span>
      <span>{strong}</span>
    </div>
  );
}

/** A button to read the text: typed tokens, and tokens from links, have no records until the model has read them. */
function ReadText({ known: { isWhole } }: { known: KnownTokens }) {
  const { inspection } = usePlayground();
  const progress = useStore(inspection.store, (state) => state.progress);
  const isIdle = usePlaygroundState((state) => state.work.phase === 'idle');
  const vocabulary = useVocabulary();
  const isForeign = useIsForeign();
  if (progress)
    return (
      <div className="progress">
        <p>
          Reading{' '}
          <span className="progress-amount">
            {progress.total
              ? `${count(lastPosition(progress.read))} of ${count(lastPosition(progress.total))} tokens`
              : ''}
          </span>
        </p>
        <progress
          aria-label="Reading the text"
          {...(progress.total ? { value: progress.read, max: progress.total } : {})}
        />
        <button type="button" className="worded" onClick={() => inspection.cancel()}>
          Cancel
        </button>
      </div>
    );
  if (isForeign) return <ForeignText />;
  if (isWhole || !vocabulary) return null;
  return (
    <p className="hint">
      Part of the text is not scored yet.{' '}
      <button type="button" className="worded" disabled={!isIdle} onClick={() => void inspection.readText()}>
        Score the text
      </button>
    </p>
  );
}

/** The figures of one token, and buttons to its neighbours. */
function Walk({ token, known: { runs, index, record } }: { token: Token | null; known: KnownTokens }) {
  const playground = usePlayground();
  const vocabulary = useVocabulary();
  const tokenScore = useStore(playground.inspection.store, (state) => state.tokenScore);
  const full = token && (scoredRecord(tokenScore, token.number, runs) ?? record(token));
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const alternative = placeOf(event.nativeEvent);
    const key = keyOf(event.nativeEvent);
    if (alternative !== null && token && full) void playground.choose(token, full, alternative);
    else if (key === 'ArrowLeft') playground.walk(-1);
    else if (key === 'ArrowRight') playground.walk(1);
    else return;
    event.preventDefault();
  };
  if (index.count === 0) return <p className="hint">There are no tokens yet.</p>;
  return (
    <section className="token-walk" aria-label="Token" onKeyDown={press}>
      <div className="token-head">
        <button
          type="button"
          className="quiet-button"
          aria-label="Previous token"
          data-tip="Previous token (←)"
          onClick={() => playground.walk(-1)}
        >
          <BackIcon />
        </button>
        <code className="token-glyph">
          {token && vocabulary ? showToken(tokenBytes(vocabulary, token.id)) : '·'}
        </code>
        <button
          type="button"
          className="quiet-button"
          aria-label="Next token"
          data-tip="Next token (→)"
          onClick={() => playground.walk(1)}
        >
          <ForthIcon />
        </button>
      </div>
      {token ? (
        <TokenFacts token={token} record={full} vocabulary={vocabulary} />
      ) : (
        <p className="hint">Click a word to see what else the model considered.</p>
      )}
    </section>
  );
}
