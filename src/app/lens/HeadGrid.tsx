import { type KeyboardEvent, useRef, useState } from 'react';
import type { Config } from '../../model/core/config';
import { type HeadKind, type HeadSummary, headKind } from '../../model/lens/summary';
import type { LensAnswer } from '../../workers/lens/messages';
import type { Showpiece } from '../examples';
import { keyOf } from '../keyboard/chord';
import { attentionColour } from '../tint-scale';
import { useLensView } from './parts';
import { logPart, spanOf, tokens } from './scales';

export const KIND_WORDS: Readonly<Record<HeadKind, string>> = {
  self: 'more than 60% of its attention is on the token itself',
  structure: 'more than 40% is on the start, line breaks and signs of headings',
  far: 'it looks more than 60 tokens back on average',
  local: 'it looks less than 8 tokens back on average',
  broad: 'none of the other kinds',
};

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

interface Props {
  readonly config: Config;
  readonly overview: LensAnswer<'overview'> | null;
  /** The overview is of a model with proportions. */
  readonly isReweighted: boolean;
  /** The view is of one head, so the averages cannot be chosen. */
  readonly isOfHead: boolean;
  /** Of the example, if the text is one. */
  readonly showpiece: Showpiece | null;
}

/** All heads by layer, each with its effective span. Click or arrow keys choose one, or an average. */
export function HeadGrid({ config, overview, isReweighted, isOfHead, showpiece }: Props) {
  const [{ layer, head, spread, token, proportions }, set] = useLensView();
  const [previewed, setPreviewed] = useState<readonly [number, number] | null>(null);
  const grid = useRef<HTMLTableElement>(null);
  const isOne = isOfHead || spread === 'head';
  const choose = (layer: number, head: number) => set({ layer, head, spread: 'head' });
  const onKeyDown = (event: KeyboardEvent) => {
    const move = ARROWS[keyOf(event.nativeEvent) ?? ''];
    if (!move) return;
    event.preventDefault();
    const within = (value: number, count: number) => Math.min(Math.max(value, 0), count - 1);
    const [row, column] = [within(layer + move[0], config.layers), within(head + move[1], config.heads)];
    choose(row, column);
    grid.current?.querySelector<HTMLElement>(`[data-head="${row}.${column}"]`)?.focus();
  };
  const heads = overview?.answer.heads ?? null;
  const isShowpiece =
    proportions === 'learned' &&
    isOne &&
    token === showpiece?.query &&
    layer === showpiece.layer &&
    head === showpiece.head;
  const named = previewed ?? (isOne ? ([layer, head] as const) : null);
  return (
    <section className="lens-part">
      <div className="lens-head-line">
        <h2>
          Heads <small>tokens that each one spreads over</small>
        </h2>
        {isOfHead ? null : (
          <button
            type="button"
            className="lens-average"
            aria-pressed={spread === 'all'}
            onClick={() => set({ spread: 'all' })}
          >
            Average of all
          </button>
        )}
      </div>
      <div className="lens-scroll">
        <table ref={grid} className="lens-grid" onPointerLeave={() => setPreviewed(null)}>
          <caption className="for-listeners">Effective span of each head in tokens, by layer</caption>
          <colgroup>
            <col className="lens-layer" />
          </colgroup>
          <tbody>
            {Array.from({ length: config.layers }, (_, row) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: layers are numbered
              <tr key={row}>
                <th scope="row">
                  <button
                    type="button"
                    aria-label={`Average of layer ${row + 1}`}
                    data-tip={`Average of layer ${row + 1}`}
                    aria-pressed={!isOfHead && spread === 'layer' && layer === row}
                    disabled={isOfHead}
                    onClick={() => set({ spread: 'layer', layer: row })}
                  >
                    {row + 1}
                  </button>
                </th>
                {Array.from({ length: config.heads }, (_, column) => {
                  const summary = heads?.[row]?.[column] ?? null;
                  const isChosen = isOne && layer === row && head === column;
                  return (
                    // biome-ignore lint/suspicious/noArrayIndexKey: heads are numbered
                    <td key={column}>
                      <button
                        type="button"
                        className="lens-head"
                        data-head={`${row}.${column}`}
                        tabIndex={layer === row && head === column ? 0 : -1}
                        aria-label={`Head ${row + 1}.${column + 1}${summary ? `: ${headKind(summary)}, spreads over ${spanOf(summary)} tokens` : ''}`}
                        aria-pressed={isChosen}
                        style={{
                          background: summary ? (attentionColour(logPart(summary.span[0])) ?? '') : '',
                        }}
                        onPointerEnter={() => setPreviewed([row, column])}
                        onClick={() => choose(row, column)}
                        onKeyDown={onKeyDown}
                      >
                        {summary ? tokens(summary.span[0]) : '·'}
                      </button>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {heads ? (
        <p className="lens-caption">
          {named ? (
            <Named at={named} summary={heads[named[0]][named[1]]} isReweighted={isReweighted} />
          ) : null}
          {isShowpiece
            ? 'A strong case, found by a search of every head and every word of this example. '
            : ''}
          {isReweighted ? <Narrowed heads={heads.flat()} /> : null}
        </p>
      ) : (
        <p className="lens-caption">Computing every head …</p>
      )}
    </section>
  );
}

interface NamedProps {
  readonly at: readonly [number, number];
  readonly summary: HeadSummary;
  readonly isReweighted: boolean;
}

function Named({ at: [layer, head], summary, isReweighted }: NamedProps) {
  const { similaritySpan, reweightedSpan } = summary;
  const kind = headKind(summary);
  return (
    <>
      Head {layer + 1}.{head + 1}: <b data-tip={KIND_WORDS[kind]}>{kind}</b>. Spreads over {spanOf(summary)}{' '}
      tokens
      {isReweighted
        ? `; ${tokens(similaritySpan)} by similarity alone, ${tokens(reweightedSpan)} with proportions`
        : ''}
      .{' '}
    </>
  );
}

/** The effect of the proportions on the spans of all heads. */
function Narrowed({ heads }: { heads: readonly HeadSummary[] }) {
  const ratios = heads.flatMap(({ similaritySpan: before, reweightedSpan: after }) =>
    before > 0 ? after / before : [],
  );
  if (!ratios.length) return null;
  const change = 100 * (ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length - 1);
  return (
    <>
      Over all {heads.length} heads, proportions {change < 0 ? 'narrow' : 'widen'} the span by{' '}
      {Math.abs(change).toFixed(0)}% on average.
    </>
  );
}
