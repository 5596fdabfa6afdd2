import { ARTICLE_BREAK, type Run, textBetween } from '../../model/text/text';
import type { Token } from '../../model/text/token-index';
import { TokenIndex } from '../../model/text/token-index';
import { resolver } from '../pictures/colours';
import { heading } from '../store/document/article';
import { firstOf, graphemes } from '../store/document/graphemes';
import { writtenRanges } from '../store/document/text-value';

/** Draws the beginning of a text as an image, tinted, with a bar beside text by the model. */

const WIDTH = 1200; // px
const MARGIN = 96;
const COLUMN = WIDTH - 2 * MARGIN;
const TALLEST = 1500;
const BAR = 28; // px left of the column
const FOOT = 64;
const FOOT_LINE = 32;
const BASELINE = 0.72; // fraction of the line height

const SIZES = [0, 52, 38, 33]; // px of headings, by level
const BODY = 30;
const READING = '"Literata Variable", Georgia, serif';
const INTERFACE = '"Inter Variable", system-ui, sans-serif';

export interface ImageContent {
  readonly runs: readonly Run[];
  /** The CSS background colour of a token; null for none. */
  colour(token: Token): string | null;
  /** The lines of the footer. */
  readonly words: readonly string[];
}

/** A line of the image: a piece of the text without line breaks. */
interface Line {
  readonly text: string;
  /** Start in the text, in UTF-16 units. */
  readonly from: number;
  readonly font: string;
  readonly height: number;
  readonly isRightToLeft: boolean;
}

export async function drawImage(content: ImageContent): Promise<Blob> {
  const fonts = [`400 ${BODY}px ${READING}`, `640 ${BODY}px ${READING}`];
  await Promise.all(fonts.map((font) => document.fonts.load(font)));
  const canvas = document.createElement('canvas');
  draw(canvas, content, resolver());
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the canvas gave no image'))),
      'image/png',
    ),
  );
}

function draw(
  canvas: HTMLCanvasElement,
  { runs, colour, words }: ImageContent,
  resolve: (colour: string) => string,
): void {
  const context = canvas.getContext('2d')!;
  const lines = layOut(context, firstOf(textBetween(runs, 0, 6000), 6000));
  canvas.width = WIDTH;
  canvas.height = lines.reduce((sum, line) => sum + line.height, 0) + 2 * MARGIN + FOOT;
  const style = getComputedStyle(document.documentElement);
  const fill = (name: string) => {
    context.fillStyle = resolve(style.getPropertyValue(`--${name}`));
  };
  fill('paper');
  context.fillRect(0, 0, canvas.width, canvas.height);
  const index = new TokenIndex(runs);
  const written = writtenRanges(runs);
  let top = MARGIN;
  for (const line of lines) {
    context.font = line.font;
    tint(context, line, top, index, (token) => {
      const found = colour(token);
      return found && resolve(found);
    });
    const end = line.from + line.text.length;
    fill('sampled');
    const range = written.find(({ from, to }) => from < end && to > line.from);
    if (range) context.fillRect(MARGIN - BAR, top, 4, line.height);
    if (range?.isForeign) {
      fill('paper'); // the bar of another model is hollow
      context.fillRect(MARGIN - BAR + 1, top + 1, 2, line.height - 2);
    }
    fill('ink');
    context.direction = line.isRightToLeft ? 'rtl' : 'ltr';
    context.fillText(line.text, line.isRightToLeft ? MARGIN + COLUMN : MARGIN, top + BASELINE * line.height);
    top += line.height;
  }
  context.font = `400 22px ${INTERFACE}`;
  fill('quiet-ink');
  context.direction = 'ltr';
  for (const [n, line] of words.entries())
    context.fillText(line, MARGIN, canvas.height - MARGIN + 16 + FOOT_LINE * n, COLUMN);
}

/** The lines that fit; the last ends with an ellipsis if the text continues. */
function layOut(context: CanvasRenderingContext2D, text: string): Line[] {
  const lines: Line[] = [];
  let room = TALLEST - 2 * MARGIN - FOOT;
  let at = 0;
  for (const paragraph of text.split('\n')) {
    const from = at;
    at += paragraph.length + 1;
    for (const line of wrap(context, paragraph, from)) {
      if (line.height > room) {
        const last = lines.pop();
        return last ? [...lines, { ...last, text: `${last.text.trimEnd()} …` }] : lines;
      }
      room -= line.height;
      lines.push(line);
    }
  }
  while (lines.length && !lines.at(-1)!.text.trim()) lines.pop();
  return lines;
}

/** Breaks a paragraph or a heading between words, and inside words that are wider than the column. */
function wrap(context: CanvasRenderingContext2D, paragraph: string, from: number): Line[] {
  const found = heading(paragraph);
  const size = found ? SIZES[Math.min(found.level, 3)] : BODY;
  const font = `${found ? 640 : 400} ${size}px ${READING}`;
  const height = paragraph ? Math.round(1.55 * size) : 0.6 * BODY;
  const isRightToLeft = /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}]/u.test(paragraph);
  const line = (start: number, end: number): Line => {
    const text = paragraph.slice(start, end).replaceAll(ARTICLE_BREAK, ' ').replaceAll('\t', ' ');
    return { text, font, height, isRightToLeft, from: from + start };
  };
  context.font = font;
  const [first, last] = found ? [found.from, found.to] : [0, paragraph.length];
  const lines: Line[] = [];
  let start = first;
  let end = first;
  for (const piece of pieces(paragraph.slice(first, last))) {
    if (
      end > start &&
      context.measureText(paragraph.slice(start, end + piece.trimEnd().length)).width > COLUMN
    ) {
      lines.push(line(start, end));
      start = end;
    }
    end += piece.length;
  }
  lines.push(line(start, end));
  return lines;
}

/** Words with their trailing space; long words are split into graphemes. */
function pieces(text: string): string[] {
  return (text.match(/\S+\s*|\s+/g) ?? []).flatMap((word) => (word.length > 30 ? graphemes(word) : [word]));
}

function tint(
  context: CanvasRenderingContext2D,
  line: Line,
  top: number,
  index: TokenIndex,
  colour: (token: Token) => string | null,
): void {
  const end = line.from + line.text.trimEnd().length;
  const x = (offset: number) => context.measureText(line.text.slice(0, offset - line.from)).width;
  for (let at = line.from; at < end; ) {
    const number = index.at(at);
    if (number === null) {
      at++;
      continue;
    }
    const token = index.token(number);
    const to = Math.min(token.to, end);
    const found = colour(token);
    if (found) {
      const [left, right] = [x(at), x(to)];
      context.fillStyle = found;
      context.fillRect(
        line.isRightToLeft ? MARGIN + COLUMN - right : MARGIN + left,
        top + 0.12 * line.height,
        right - left,
        0.82 * line.height,
      );
    }
    at = to;
  }
}
