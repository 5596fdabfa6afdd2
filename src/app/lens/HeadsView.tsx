import { useState } from 'react';
import { type HeadSummary, headKind } from '../../model/lens/summary';
import type { LensAnswer } from '../../workers/lens/messages';
import { useLensView, Waiting } from './parts';
import { points } from './reading';
import { spanOf, tokens } from './scales';

interface Column {
  readonly name: string;
  readonly tip: string;
  by(summary: HeadSummary): number | string;
  show(summary: HeadSummary): string;
}

const COLUMNS: readonly Column[] = [
  { name: 'Kind', tip: 'By the rules under Method', by: headKind, show: headKind },
  { name: 'Span', tip: 'Effective span in tokens', by: ({ span }) => span[0], show: spanOf },
  {
    name: 'Back',
    tip: 'Mean distance in tokens',
    by: ({ distance }) => distance,
    show: ({ distance }) => tokens(distance),
  },
  {
    name: 'Self',
    tip: 'Share of the token itself',
    by: ({ self }) => self,
    show: ({ self }) => points(self),
  },
  {
    name: 'Previous',
    tip: 'Share of the previous token',
    by: ({ previous }) => previous,
    show: ({ previous }) => points(previous),
  },
  {
    name: 'Marks',
    tip: 'Share of the start, line breaks and signs of headings',
    by: ({ marks }) => marks,
    show: ({ marks }) => points(marks),
  },
  {
    name: 'Silent',
    tip: 'Share of the tokens at which the head attends to nothing',
    by: ({ silent }) => silent,
    show: ({ silent }) => points(silent),
  },
];

/** Every head in numbers, in the order of a column. */
export function HeadsView({ overview }: { overview: LensAnswer<'overview'> | null }) {
  const [{ layer, head }, set] = useLensView();
  const [order, setOrder] = useState<{ readonly column: Column; readonly isDown: boolean } | null>(null);
  if (!overview) return <Waiting>Computing every head …</Waiting>;
  const rows = overview.answer.heads.flatMap((heads, layer) =>
    heads.map((summary, head) => ({ layer, head, summary })),
  );
  if (order)
    rows.sort((a, b) => {
      const [x, y] = [order.column.by(a.summary), order.column.by(b.summary)];
      return (x < y ? -1 : x > y ? 1 : 0) * (order.isDown ? -1 : 1);
    });
  return (
    <div className="lens-scroll lens-all">
      <table className="lens-table">
        <caption className="for-listeners">Every head in numbers</caption>
        <thead>
          <tr>
            <th scope="col">
              <button type="button" onClick={() => setOrder(null)}>
                Head
              </button>
            </th>
            {COLUMNS.map((column) => {
              const isDown = order?.column === column ? order.isDown : null;
              return (
                <th
                  key={column.name}
                  scope="col"
                  aria-sort={isDown === null ? undefined : isDown ? 'descending' : 'ascending'}
                >
                  <button
                    type="button"
                    data-tip={column.tip}
                    onClick={() => setOrder({ column, isDown: !isDown })}
                  >
                    {column.name}
                    {isDown === null ? '' : isDown ? ' ↓' : ' ↑'}
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={`${row.layer}.${row.head}`}
              className={row.layer === layer && row.head === head ? 'chosen' : ''}
            >
              <th scope="row">
                <button
                  type="button"
                  onClick={() => set({ layer: row.layer, head: row.head, spread: 'head' })}
                >
                  {row.layer + 1}.{row.head + 1}
                </button>
              </th>
              {COLUMNS.map(({ name, show }) => (
                <td key={name}>{show(row.summary)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
