import { ARTICLE_BREAK, heading } from './article';

const PAUSE = 2000; // ms between announcements: a listener hears the end of one before the next begins

/** What is said aloud of a text as it is written: whole sentences, never each token. */
export class Sentences {
  private readonly segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  /** Finished, but not said yet. */
  private finished = '';
  private unfinished = '';
  private saidAt = Number.NEGATIVE_INFINITY;

  /** Adds what was written; what is to be said now, or null. */
  take(text: string, now: number): string | null {
    const segments = [...this.segmenter.segment(this.unfinished + text)];
    this.unfinished = segments.pop()?.segment ?? ''; // it may still grow
    this.finished += segments.map(({ segment }) => segment).join('');
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

/** Without the marks of headings. */
function spoken(text: string): string {
  const lines = text.replaceAll(ARTICLE_BREAK, '\n').split('\n');
  const words = lines.map((line) => {
    const found = heading(line.trim());
    return found ? `${line.trim().slice(found.from, found.to)}.` : line.trim();
  });
  return words.filter(Boolean).join(' ');
}
