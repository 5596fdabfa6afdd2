import { memo, useEffect, useState } from 'react';
import type { Config } from '../../model/core/config';
import { EngineError, type ErrorData } from '../../model/runtime/errors';
import { averageLagging } from '../../model/text/lagging';
import { DIRECTIONS, type Direction } from '../../model/text/simultaneous';
import type { TranslatedSentence } from '../../workers/messages';
import { type WrittenUnit, writtenUnits } from '../../workers/translate/translation';
import { PageError } from '../components/FullPage';
import type { Head, UnitAttention } from '../store/translation/attention';
import { liveTranslation } from '../store/translation/live-translation';
import { Lens } from './Lens';
import { LANGUAGES } from './languages';

const MOST_ROWS = 60;

/** A written unit, by its number in the translation. */
interface Chosen {
  readonly direction: Direction;
  readonly n: number;
}

interface Props {
  readonly sentence: TranslatedSentence;
  /** Of the model; null while it loads. */
  readonly config: Config | null;
}

/** The order in which the model read and wrote a sentence: a row for each word that it read. A press on a word asks the lens. */
export const Staircase = memo(function Staircase({ sentence, config }: Props) {
  const [hovered, setHovered] = useState<WrittenUnit | null>(null);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [head, setHead] = useState<Head | null>(null);
  const { attention, problem } = useAttention(sentence, chosen, head);
  const { units, turns } = sentence;
  const written = DIRECTIONS.map((direction) => ({ direction, units: writtenUnits(turns[direction]) }));
  const unit = chosen && written.find(({ direction }) => direction === chosen.direction)?.units[chosen.n];
  const first = Math.max(0, units.length - MOST_ROWS);
  const shown = hovered ?? unit;
  return (
    <section className="translate-stairs" aria-label="Reading and writing">
      <h3>Reading and writing</h3>
      <p>
        <small>
          The words that the model wrote stand beside the last word that it had read. Press one to see its
          attention to the source. {first > 0 ? `The last ${MOST_ROWS} of ${units.length} words. ` : ''}
          <Lagging sentence={sentence} />
        </small>
      </p>
      <div className="full-page-table">
        <table>
          <thead>
            <tr>
              <th scope="col">Read</th>
              {DIRECTIONS.map((direction) => (
                <th key={direction} scope="col">
                  {LANGUAGES[direction].name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {units.slice(first).map((source, row) => {
              const read = first + row + 1;
              return (
                <tr key={read} className={shown?.after === read ? 'is-read' : ''}>
                  <th scope="row" lang="en" dir="auto">
                    {source}
                    {unit && attention ? <Share of={attention.shares[read - 1] ?? 0} /> : null}
                  </th>
                  {written.map(({ direction, units: all }) => (
                    <td key={direction} lang={LANGUAGES[direction].lang} dir="auto">
                      {all.map((one, n) =>
                        one.after === read ? (
                          <button
                            // biome-ignore lint/suspicious/noArrayIndexKey: a unit is its place in the translation
                            key={n}
                            type="button"
                            className="translate-unit"
                            aria-pressed={chosen?.direction === direction && chosen.n === n}
                            onClick={() => setChosen({ direction, n })}
                            onPointerEnter={() => setHovered(one)}
                            onPointerLeave={() => setHovered(null)}
                            onFocus={() => setHovered(one)}
                            onBlur={() => setHovered(null)}
                          >
                            {one.text}
                          </button>
                        ) : null,
                      )}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p role="status" className="translate-unit-note">
        {shown
          ? `“${shown.text}” was written after word ${shown.after} of ${units.length}, “${units[shown.after - 1] ?? ''}”.`
          : ''}
      </p>
      {problem ? <PageError error={problem} /> : null}
      {unit && attention && config ? (
        <Lens unit={unit.text} attention={attention} config={config} head={head} onHead={setHead} />
      ) : null}
    </section>
  );
});

interface Answer {
  /** Null before it arrives. */
  readonly attention: UnitAttention | null;
  readonly problem: ErrorData | null;
}

const NONE: Answer = { attention: null, problem: null };

/** The answer of the lens about the chosen unit. */
function useAttention(sentence: TranslatedSentence, chosen: Chosen | null, head: Head | null): Answer {
  const [answer, setAnswer] = useState(NONE);
  const turns = chosen && sentence.turns[chosen.direction];
  useEffect(() => {
    let isCurrent = true;
    if (!chosen || !turns || !writtenUnits(turns)[chosen.n]) return setAnswer(NONE);
    liveTranslation.look(turns, chosen.n, head).then(
      (attention) => isCurrent && setAnswer({ attention, problem: null }),
      (thrown) => {
        const problem = EngineError.from(thrown).toData();
        if (isCurrent && problem.code !== 'cancelled') setAnswer({ attention: null, problem });
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [turns, chosen, head]);
  return answer;
}

function Share({ of }: { of: number }) {
  return (
    <span className="translate-share-of">
      <span className="translate-bar" style={{ inlineSize: `${100 * of}%` }} />
      <small>{Math.round(100 * of)}%</small>
    </span>
  );
}

function Lagging({ sentence }: { sentence: TranslatedSentence }) {
  if (!sentence.over) return null;
  return `Average lagging: ${DIRECTIONS.map((direction) => `${LANGUAGES[direction].name} ${laggingOf(sentence, direction)}`).join(', ')} words.`;
}

function laggingOf({ units, turns }: TranslatedSentence, direction: Direction): string {
  const delays = writtenUnits(turns[direction]).map(({ after }) => after);
  return averageLagging(delays, units.length).toFixed(1);
}
