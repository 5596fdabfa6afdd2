import type { Run } from '../../model/text';
import type { Change } from './text-value';

/** The form of the model's articles: headings as `= Title =`, `= = Section = =`, and so on. */

export { ARTICLE_BREAK } from '../../model/tokenizer';

const LONGEST_HEADING = 400; // characters; whatever is longer is a paragraph, and not worth matching

export interface Heading {
  /** 1 for a title, 2 for a section, … */
  readonly level: number;
  /** Where the words stand in the line, without the marks around them. */
  readonly from: number;
  readonly to: number;
}

/** Reads a line as a heading; null when it is none. */
export function heading(line: string): Heading | null {
  if (line.length > LONGEST_HEADING) return null;
  let [from, to, level] = [0, line.length, 0];
  while (to - from > 4 && line.startsWith('= ', from) && line.endsWith(' =', to)) {
    from += 2;
    to -= 2;
    level++;
  }
  return level > 0 ? { level, from, to } : null;
}

/** A line without spaces around it and, if it is a heading, without its marks. */
export function lineWords(line: string): string {
  const words = line.trim();
  const found = heading(words);
  return found ? words.slice(found.from, found.to) : words;
}

export interface Title {
  readonly words: string;
  /** UTF-16 range of the words in the text. */
  readonly from: number;
  readonly to: number;
}

/** The title in the first line of a text, if it has one. */
export function titleOf(runs: readonly Run[]): Title | null {
  const line = firstLine(runs);
  const found = heading(line);
  return found?.level === 1
    ? { words: line.slice(found.from, found.to), from: found.from, to: found.to }
    : null;
}

/** What a text is called in a list: its title, or its first words. */
export function labelOf(runs: readonly Run[]): string {
  const title = titleOf(runs);
  return title?.words ?? beginning(runs, 400).trim().split('\n')[0].slice(0, 60);
}

/** The replacement that gives a text the title `words`; empty words take the title away, with the blank lines below. */
export function retitle(runs: readonly Run[], words: string): Change {
  const clean = words.replace(/[\n\r\f]+/g, ' ');
  const title = titleOf(runs);
  if (title && clean.trim()) return { from: title.from, to: title.to, insert: clean };
  if (title) return { from: 0, to: title.to + 2 + blankAfter(runs, title.to + 2), insert: '' };
  return { from: 0, to: 0, insert: clean.trim() ? `= ${clean} =\n\n` : '' };
}

function firstLine(runs: readonly Run[]): string {
  const start = beginning(runs, LONGEST_HEADING + 1);
  const end = start.indexOf('\n');
  return end < 0 ? start : start.slice(0, end);
}

function blankAfter(runs: readonly Run[], at: number): number {
  return /^\n{0,2}/.exec(beginning(runs, at + 2).slice(at))![0].length;
}

/** The first characters of a text, without joining megabytes of it. */
function beginning(runs: readonly Run[], length: number): string {
  let text = '';
  for (const run of runs) {
    if (text.length >= length) break;
    text += run.text.slice(0, length);
  }
  return text.slice(0, length);
}
