/** A picture of the page as an SVG file that stands alone: with a title, a legend, and notes about units and source. */

export interface Picture {
  /** The name of the file, without its ending. */
  readonly file: string;
  readonly title: string;
  /** SVG markup of `width` by `height` px. */
  readonly body: string;
  readonly width: number;
  readonly height: number;
  /** Pixels of the file per px, if not 1. */
  readonly ratio?: number;
  readonly legend: readonly Key[];
  /** Units, and what the picture is of. */
  readonly notes: readonly string[];
  /** CSS colours without variables, in any form that `paint` reads. */
  readonly colours: { readonly paper: string; readonly ink: string; readonly quiet: string };
}

/** A colour of the legend, or a scale of colours from its first label to its second. */
type Key =
  | { readonly name: string; readonly colour: string; readonly mark: 'line' | 'dot' | 'ring' | 'tick' }
  | { readonly stops: readonly string[]; readonly ends: readonly [string, string] };

const PAD = 20;
const NARROWEST = 360; // px, so that the words have room
const LINE = 18; // px from line to line
const LETTER = 7.1; // px, the mean width of wide fonts at 12 px, because the file may be opened without the page's font

export function svgFile({ title, body, width, height, ratio = 1, legend, notes, colours }: Picture): string {
  const column = Math.max(width, NARROWEST);
  const titles = wrapped(title, column / (LETTER * 1.4));
  const top = PAD + 22 * titles.length;
  const below = notes.flatMap((note) => wrapped(note, column / LETTER));
  const legendTop = top + height + 8;
  const notesTop = legendTop + LINE * legend.length + 4;
  const [whole, high] = [column + 2 * PAD, notesTop + LINE * below.length + PAD - 6];
  const line = (words: string, y: number, size: number, look: string) =>
    `<text x="${PAD}" y="${y}" font-size="${size}" ${look}>${escaped(words)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${ratio * whole}" height="${ratio * high}" viewBox="0 0 ${whole} ${high}" font-family="Inter Variable, Inter, system-ui, sans-serif">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${whole}" height="${high}" ${paint('fill', colours.paper)}/>`,
    ...titles.map((words, n) =>
      line(words, PAD + 14 + 22 * n, 15, `font-weight="600" ${paint('fill', colours.ink)}`),
    ),
    `<g transform="translate(${PAD} ${top})">${body}</g>`,
    ...legend.map(
      (key, n) =>
        `<g transform="translate(${PAD} ${legendTop + LINE * n})" font-size="12" ${paint('fill', colours.quiet)}>${keyMarkup(key, n)}</g>`,
    ),
    ...below.map((words, n) => line(words, notesTop + 12 + LINE * n, 12, paint('fill', colours.quiet))),
    '</svg>\n',
  ].join('\n');
}

function keyMarkup(key: Key, n: number): string {
  if ('stops' in key) {
    const [low, high] = key.ends.map(escaped);
    const left = Math.round(LETTER * key.ends[0].length) + 8;
    const stops = key.stops.map(
      (colour, i) => `<stop offset="${i / (key.stops.length - 1)}" ${paint('stop', colour)}/>`,
    );
    return `<defs><linearGradient id="scale-${n}">${stops.join('')}</linearGradient></defs><text y="12">${low}</text><rect x="${left}" y="3" width="120" height="10" fill="url(#scale-${n})"/><text x="${left + 128}" y="12">${high}</text>`;
  }
  const [fill, stroke] = [paint('fill', key.colour), paint('stroke', key.colour)];
  const marks = {
    line: `<path d="M0 8H16" stroke-width="2" ${stroke}/>`,
    dot: `<circle cx="8" cy="8" r="5" ${fill}/>`,
    ring: `<circle cx="8" cy="8" r="4" fill="none" stroke-width="2" ${stroke}/>`,
    tick: `<path d="M8 1V15" stroke-width="2" ${stroke}/>`,
  };
  return `${marks[key.mark]}<text x="24" y="12">${escaped(key.name)}</text>`;
}

/** A computed colour as attributes, with its opacity apart, because many programs do not know rgba(). */
export function paint(name: 'fill' | 'stroke' | 'stop', colour: string): string {
  const attribute = name === 'stop' ? 'stop-color' : name;
  const found = /^rgba?\(([^,)]+),\s*([^,)]+),\s*([^,)]+)(?:,\s*([\d.]+))?\)$/.exec(colour);
  if (!found) return `${attribute}="${escaped(colour)}"`;
  const [, r, g, b, alpha = '1'] = found;
  return `${attribute}="rgb(${r},${g},${b})"${alpha === '1' ? '' : ` ${name}-opacity="${alpha}"`}`;
}

export function escaped(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function wrapped(words: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= letters)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
