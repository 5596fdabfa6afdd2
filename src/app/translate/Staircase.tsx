import { memo, useState } from 'react';
import { averageLagging } from '../../model/text/lagging';
import { DIRECTIONS, type Direction } from '../../model/text/simultaneous';
import type { TranslatedSentence, WrittenUnit } from '../../workers/messages';
import { LANGUAGES } from './languages';

const MOST_ROWS = 60;

/** The order in which the model read and wrote a sentence: a row for each word that it read. */
export const Staircase = memo(function Staircase({ sentence }: { sentence: TranslatedSentence }) {
  const [unit, setUnit] = useState<WrittenUnit | null>(null);
  const { units, written } = sentence;
  const first = Math.max(0, units.length - MOST_ROWS);
  return (
    <section className="translate-stairs" aria-label="Reading and writing">
      <h3>Reading and writing</h3>
      <p>
        <small>
          The words that the model wrote stand beside the last word that it had read.
          {first > 0 ? ` The last ${MOST_ROWS} of ${units.length} words.` : ''}{' '}
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
                <tr key={read} className={unit?.after === read ? 'is-read' : ''}>
                  <th scope="row" lang="en" dir="auto">
                    {source}
                  </th>
                  {DIRECTIONS.map((direction) => (
                    <td key={direction} lang={LANGUAGES[direction].lang} dir="auto">
                      <Units
                        units={written[direction].filter(({ after }) => after === read)}
                        onShown={setUnit}
                      />
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p role="status" className="translate-unit-note">
        {unit
          ? `“${unit.text}” was written after word ${unit.after} of ${units.length}, “${units[unit.after - 1] ?? ''}”.`
          : ''}
      </p>
    </section>
  );
});

function Units({
  units,
  onShown,
}: {
  units: readonly WrittenUnit[];
  onShown(unit: WrittenUnit | null): void;
}) {
  return units.map((unit, n) => (
    <button
      // biome-ignore lint/suspicious/noArrayIndexKey: a unit is its place in the turn
      key={n}
      type="button"
      className="translate-unit"
      onPointerEnter={() => onShown(unit)}
      onPointerLeave={() => onShown(null)}
      onFocus={() => onShown(unit)}
      onBlur={() => onShown(null)}
    >
      {unit.text}
    </button>
  ));
}

function Lagging({ sentence }: { sentence: TranslatedSentence }) {
  if (!sentence.over) return null;
  return `Average lagging: ${DIRECTIONS.map((direction) => `${LANGUAGES[direction].name} ${laggingOf(sentence, direction)}`).join(', ')} words.`;
}

function laggingOf({ units, written }: TranslatedSentence, direction: Direction): string {
  const delays = written[direction].map(({ after }) => after);
  return averageLagging(delays, units.length).toFixed(1);
}
