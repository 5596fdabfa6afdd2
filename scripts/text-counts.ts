export interface TextCounts {
  /** Words between white space, and one for each line end: the convention of papers on WikiText-103. */
  readonly wordsWithLineEnds: number;
  /** The parts between white space of each article, as lm-eval counts them; two of an article's parts are empty. */
  readonly wordsWithoutLineEnds: number;
  readonly rawBytes: number;
}

// White space as in Python, which counts WikiText: \s has U+FEFF instead of U+001C to U+001F and U+0085.
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python splits words at these four.
const SPACE = /[\p{White_Space}\x1c-\x1f]+/u;
const ARTICLE_TITLE = /^= [^=].* =$/su;

/** Counts a text in UTF-8 before detokenization, as `count` in training/leapformer/counts.py does. */
export function countText(bytes: ArrayBuffer): TextCounts {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const articles = [''];
  let wordsWithLineEnds = 0;
  for (const line of text ? text.split(/(?<=\n)/) : []) {
    const words = wordsOf(line);
    wordsWithLineEnds += words.length + 1;
    if (ARTICLE_TITLE.test(words.join(' '))) articles.push('');
    articles[articles.length - 1] += line;
  }
  let wordsWithoutLineEnds = 0;
  for (const article of articles)
    if (wordsOf(article).length > 0) wordsWithoutLineEnds += article.split(SPACE).length;
  return { wordsWithLineEnds, wordsWithoutLineEnds, rawBytes: bytes.byteLength };
}

/** Loss in nats of a whole text -> its perplexity per word in both conventions, and its bits per raw byte. */
export function perplexities(nats: number, counts: TextCounts) {
  return {
    wordPerplexityWithLineEnds: Math.exp(nats / counts.wordsWithLineEnds),
    wordPerplexityWithoutLineEnds: Math.exp(nats / counts.wordsWithoutLineEnds),
    bitsPerRawByte: nats / Math.LN2 / counts.rawBytes,
  };
}

function wordsOf(text: string): string[] {
  return text.split(SPACE).filter((word) => word);
}
