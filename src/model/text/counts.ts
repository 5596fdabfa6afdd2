export interface TextCounts {
  /** Words between white space, and one for each line end: the convention of papers on WikiText-103. */
  readonly wordsWithLineEnds: number;
  /** The parts between white space of each article, as lm-eval counts them; in WikiText, two of an article's parts are empty. */
  readonly wordsWithoutLineEnds: number;
}

// White space as in Python, which counts WikiText: \s has U+FEFF instead of U+001C to U+001F and U+0085.
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python splits words at these four.
const SPACE = /[\p{White_Space}\x1c-\x1f]+/u;
const ARTICLE_TITLE = /^= [^=].* =$/su;

/**
 * Counts the words of a text that arrives in parts, as `count` in training/leapformer/counts.py does. It holds one line.
 */
export class TextCounter {
  private line = '';
  private wordsWithLineEnds = 0;
  private wordsWithoutLineEnds = 0;
  private article = { words: 0, opensWithSpace: false, endsWithSpace: false };
  private isNew = true; // the article has no line yet

  add(text: string): void {
    const lines = (this.line + text).split(/(?<=\n)/);
    this.line = lines.at(-1)?.endsWith('\n') ? '' : (lines.pop() ?? '');
    for (const line of lines) this.addLine(line);
  }

  /** The counts of the whole text. Call it once, at the end. */
  finish(): TextCounts {
    if (this.line) this.addLine(this.line);
    this.endArticle();
    const { wordsWithLineEnds, wordsWithoutLineEnds } = this;
    return { wordsWithLineEnds, wordsWithoutLineEnds };
  }

  private addLine(line: string): void {
    const parts = line.split(SPACE);
    const words = parts.filter((word) => word);
    this.wordsWithLineEnds += words.length + 1;
    if (ARTICLE_TITLE.test(words.join(' '))) this.endArticle();
    const { article } = this;
    if (this.isNew) article.opensWithSpace = parts[0] === '';
    article.words += words.length;
    article.endsWithSpace = parts.at(-1) === '';
    this.isNew = false;
  }

  private endArticle(): void {
    const { words, opensWithSpace, endsWithSpace } = this.article;
    if (words > 0) this.wordsWithoutLineEnds += words + Number(opensWithSpace) + Number(endsWithSpace);
    this.article = { words: 0, opensWithSpace: false, endsWithSpace: false };
    this.isNew = true;
  }
}

/** Loss in nats of a whole text -> its perplexity per word in both conventions, and its bits per byte of the text. */
export function perplexities(nats: number, counts: TextCounts, bytes: number) {
  return {
    wordPerplexityWithLineEnds: Math.exp(nats / counts.wordsWithLineEnds),
    wordPerplexityWithoutLineEnds: Math.exp(nats / counts.wordsWithoutLineEnds),
    bitsPerRawByte: nats / Math.LN2 / bytes,
  };
}
