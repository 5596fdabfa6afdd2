import { ARTICLE_BREAK } from '../../../model/text/text';
import { heading } from '../document/article';

const PAUSE = 2000; // ms between announcements: a listener hears the end of one before the next begins

/** What is said aloud of a text as it is written: whole sentences, never each token. */
export class Sentences {
  /** Finished, but not said yet. */
  private finished = '';
  private unfinished = '';
  private saidAt = Number.NEGATIVE_INFINITY;

  /** Adds what was written; what is to be said now, or null. */
  take(text: string, now: number): string | null {
    const sentences = sentencesOf(this.unfinished + text);
    this.unfinished = sentences.pop() ?? ''; // it may still grow
    this.finished += sentences.join('');
    if (now - this.saidAt < PAUSE) return null;
    const words = spoken(this.finished);
    if (!words) return null;
    this.finished = '';
    this.saidAt = now;
    return words;
  }

  /** What has not been said, the unfinished sentence too. */
  rest(): string {
    return spoken(this.finished + this.unfinished);
  }
}

/** A text cut behind its sentences; at full stops alone where the browser has no segmenter (Firefox before 125). */
function sentencesOf(text: string): string[] {
  if (!Intl.Segmenter) return text.match(/[^.!?\n]*(?:[.!?\n]+\s*|$)/g)?.filter(Boolean) ?? [];
  const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Without the marks of headings. */
function spoken(text: string): string {
  const lines = text.replaceAll(ARTICLE_BREAK, '\n').split('\n');
  const words = lines.map((line) => {
    const found = heading(line.trim());
    return found ? `${line.trim().slice(found.from, found.to)}.` : line.trim();
  });
  return words.filter(Boolean).join(' ');
}
