import type { NewSentences, ScoredSentence } from '../../workers/score-text';

/** Sentences of a page. */
export const PAGE = 100;

/**
 * The losses of all sentences of a text. Full pages are blobs, which the browser keeps outside of the page's memory, so a
 * long text needs no more memory than a short one.
 */
export class Sentences {
  private full: Blob[] = [];
  private rest: ScoredSentence[] = [];

  get count(): number {
    return PAGE * this.full.length + this.rest.length;
  }

  get pages(): number {
    return Math.ceil(this.count / PAGE);
  }

  /** Appends sentences. If they are the first of the text, they replace all others: the text is read again. */
  add({ first, list }: NewSentences): void {
    if (first === 0) this.full = [];
    const all = first === 0 ? list : [...this.rest, ...list];
    const whole = all.length - (all.length % PAGE);
    for (let at = 0; at < whole; at += PAGE)
      this.full.push(new Blob([JSON.stringify(all.slice(at, at + PAGE))]));
    this.rest = all.slice(whole);
  }

  /** The sentences of a page, from 0. */
  async page(n: number): Promise<readonly ScoredSentence[]> {
    return n < this.full.length ? JSON.parse(await this.full[n].text()) : this.rest;
  }
}
