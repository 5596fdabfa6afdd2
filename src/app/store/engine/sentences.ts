import { ARTICLE_BREAK } from '../../../model/text/text';
import { heading } from '../document/article';

const PAUSE = 2000; // ms between announcements, so that a screen reader can finish one before the next

/** The announcements of a generated text for screen readers: whole sentences instead of single tokens. */
export class Sentences {
  /** Complete sentences that were not announced yet. */
  private finished = '';
  private unfinished = '';
  private saidAt = Number.NEGATIVE_INFINITY;

  /** Adds generated text. Returns the words to announce now, or null. */
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

  /** All words that were not announced, with the unfinished sentence. */
  rest(): string {
    return spoken(this.finished + this.unfinished);
  }
}

/** Splits a text after its sentences; only at full stops if the browser has no segmenter (Firefox before 125). */
function sentencesOf(text: string): string[] {
  if (!Intl.Segmenter) return text.match(/[^.!?\n]*(?:[.!?\n]+\s*|$)/g)?.filter(Boolean) ?? [];
  const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The words without the marks of headings. */
function spoken(text: string): string {
  const lines = text.replaceAll(ARTICLE_BREAK, '\n').split('\n');
  const words = lines.map((line) => {
    const found = heading(line.trim());
    return found ? `${line.trim().slice(found.from, found.to)}.` : line.trim();
  });
  return words.filter(Boolean).join(' ');
}
