import { type Run, textBetween } from '../../../model/text/text';
import { type Change, changeBetween } from './change';
import { firstOf } from './graphemes';

/** The form of the articles that the model was trained on: headings are `= Title =`, `= = Section = =`, and so on. */

const LONGEST_HEADING = 400; // characters; a longer line is a paragraph

export interface Heading {
  /** 1 for a title, 2 for a section, … */
  readonly level: number;
  /** Range of the words in the line, without the marks around them. */
  readonly from: number;
  readonly to: number;
}

/** Parses a heading; null if the line is none. */
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

/** A line without surrounding spaces and without the marks of a heading. */
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

/** The name of a text in a list: its title, or its first words. */
export function labelOf(runs: readonly Run[]): string {
  return titleOf(runs)?.words ?? firstOf(textBetween(runs, 0, 400).trim().split('\n')[0], 60);
}

/** Words in the form of a title: on one line of limited length, without the marks of a heading around them. */
export function titleWords(words: string): string {
  let title = firstOf(words.replace(/[\n\r\f]+/g, ' '), LONGEST_HEADING - MARKS.length);
  while (heading(`= ${title} =`)?.level !== 1 && title.trim()) {
    const inner = title.slice(2, -2);
    title = inner.trim() ? inner : title.slice(2);
  }
  return title.trim() && title;
}

const MARKS = '=  =';

/** The change that sets the title. Empty words remove the title and the blank lines below it. */
export function retitle(runs: readonly Run[], words: string): Change {
  const title = titleOf(runs);
  const now = titleWords(words);
  if (!now) {
    const to = title ? title.to + 2 : 0;
    return { from: 0, to: title ? to + blankAfter(runs, to) : 0, insert: '' };
  }
  if (!title) return { from: 0, to: 0, insert: `= ${now} =\n\n` };
  const { from, to, insert } = changeBetween(title.words, now);
  return { from: title.from + from, to: title.from + to, insert };
}

function firstLine(runs: readonly Run[]): string {
  const start = textBetween(runs, 0, LONGEST_HEADING + 1);
  const end = start.indexOf('\n');
  return end < 0 ? start : start.slice(0, end);
}

function blankAfter(runs: readonly Run[], at: number): number {
  return /^\n{0,2}/.exec(textBetween(runs, at, at + 2))![0].length;
}
