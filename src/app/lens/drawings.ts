import { type HeadSummary, headKind } from '../../model/lens/summary';
import { resolver } from '../pictures/colours';
import { escaped, paint } from '../pictures/picture';
import type { Drawing } from '../pictures/save';
import { attentionColour } from '../tint-scale';
import { isDecayed, MOST_LISTED, points, type Reading, type SeenWord, stages } from './reading';
import { logPart, spanOf } from './scales';
import { plainSentence, sentence } from './sentence';

/** The word rows and the grid of heads, which are HTML on the page, as pictures. */

const WIDTH = 480;
const ROW = 26;
const TRACK = { left: 120, width: 190 }; // px
const TEXT = 'font-size="13"';

/** The words with the largest shares, as WordsView shows them. */
export function wordsDrawing(reading: Reading, head: string, source: string): Drawing {
  const listed = reading.words.slice(0, MOST_LISTED);
  const colours = themeColours();
  const isShare = reading.measure === 'share';
  const most = Math.max(
    ...listed.flatMap((word) => (isShare ? stages(reading, word) : [Math.abs(word.share)])),
    1e-9,
  );
  const x = (share: number) => (TRACK.left + (TRACK.width * Math.abs(share)) / most).toFixed(1);
  const row = (word: SeenWord, n: number) => {
    const y = ROW * n + 13;
    const figures = isShare ? stages(reading, word).map(points).join(' → ') : points(word.share);
    const ink = paint('fill', colours.ink);
    return [
      `<text y="${y + 4}" ${TEXT} ${ink}>${escaped(word.name)}</text>`,
      isShare ? dots(word, y) : bar(word, y),
      `<text x="${WIDTH}" y="${y + 4}" text-anchor="end" ${TEXT} ${ink}>${escaped(figures)}</text>`,
    ].join('');
  };
  const bar = ({ share }: SeenWord, y: number) =>
    `<rect x="${TRACK.left}" y="${y - 4}" width="${Number(x(share)) - TRACK.left}" height="8" ${paint('fill', share < 0 ? colours.negative : colours.accent)}/>`;
  const dots = (word: SeenWord, y: number) => {
    const { similarity, reweighted, share } = word;
    const accent = paint('fill', colours.accent);
    return [
      `<path d="M${x(similarity)} ${y}H${x(reweighted)}" stroke-width="2" ${paint('stroke', colours.accent)}/>`,
      `<circle cx="${x(similarity)}" cy="${y}" r="4" stroke-width="2" ${paint('fill', colours.paper)} ${paint('stroke', colours.line)}/>`,
      reading.proportions === 'none' ? '' : `<circle cx="${x(reweighted)}" cy="${y}" r="5" ${accent}/>`,
      isDecayed(word)
        ? `<path d="M${x(share)} ${y - 7}v14" stroke-width="2" ${paint('stroke', colours.ink)}/>`
        : '',
    ].join('');
  };
  return {
    file: 'lens-words',
    title: plainSentence(sentence(reading, head)),
    body: listed.map(row).join(''),
    width: WIDTH,
    height: ROW * listed.length,
    legend: isShare
      ? [
          { name: 'by similarity alone', colour: 'var(--control-line)', mark: 'ring' },
          ...(reading.proportions === 'none'
            ? []
            : ([
                {
                  name: `with ${reading.proportions === 'learned' ? 'learned proportions' : 'proportions by position'}`,
                  colour: 'var(--accent)',
                  mark: 'dot',
                },
              ] as const)),
          ...(listed.some(isDecayed)
            ? ([
                {
                  name: `with ${reading.hasDecay ? 'decay' : 'earlier text'}`,
                  colour: 'var(--ink)',
                  mark: 'tick',
                },
              ] as const)
            : []),
        ]
      : [],
    notes: [
      isShare
        ? 'Shares of attention in percent, for the words with the largest shares.'
        : 'Contributions to the output of the head in percent; negative ones are orange.',
      source,
    ],
  };
}

const CELL = { width: 56, height: 26 };
const NUMBERS = 28; // px left of the grid

/** Every head with its effective span, as HeadGrid shows it. */
export function headsDrawing(heads: readonly (readonly HeadSummary[])[], source: string): Drawing {
  const resolve = resolver();
  const ink = paint('fill', resolve('var(--ink)'));
  const cell = (summary: HeadSummary, row: number, column: number) => {
    const [left, top] = [NUMBERS + CELL.width * column, CELL.height * row];
    const colour = attentionColour(logPart(summary.span[0]));
    return `<g><title>Head ${row + 1}.${column + 1}: ${headKind(summary)}</title>${
      colour
        ? `<rect x="${left}" y="${top}" width="${CELL.width - 3}" height="${CELL.height - 3}" rx="4" ${paint('fill', resolve(colour))}/>`
        : ''
    }<text x="${left + (CELL.width - 3) / 2}" y="${top + 16}" text-anchor="middle" font-size="12" ${ink}>${spanOf(summary)}</text></g>`;
  };
  const ramp = Array.from({ length: 5 }, (_, n) => attentionColour((n + 1) / 5)!);
  return {
    file: 'lens-heads',
    title: 'Tokens that each head spreads over',
    body: heads
      .map((row, n) => {
        const number = `<text y="${CELL.height * n + 16}" font-size="12" ${ink}>${n + 1}</text>`;
        return number + row.map((summary, column) => cell(summary, n, column)).join('');
      })
      .join(''),
    width: Math.max(NUMBERS + CELL.width * heads[0].length, 360),
    height: CELL.height * heads.length,
    legend: [{ stops: ramp, ends: ['1 token', '512 tokens'] }],
    notes: [
      'Effective span in tokens, a mean over the tokens of the window; layers are rows. The colour scale is logarithmic.',
      source,
    ],
  };
}

function themeColours() {
  const resolve = resolver();
  return {
    ink: resolve('var(--ink)'),
    paper: resolve('var(--paper)'),
    accent: resolve('var(--accent)'),
    line: resolve('var(--control-line)'),
    negative: 'rgb(177, 90, 0)',
  };
}
