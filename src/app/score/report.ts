import { perplexities } from '../../model/text/counts';
import type { TextScore } from '../../workers/score-text';
import { PAGE, type Sentences } from './sentences';

/** The score of one text by one model. */
export interface Row {
  readonly text: string;
  readonly model: { readonly id: string; readonly name: string; readonly digest: string };
  readonly score: TextScore;
  readonly sentences: Sentences;
}

/** What the page says of each figure, in its order. */
export const DEFINITIONS = {
  tokens: 'Tokens of the text, of which the model predicts each from all tokens before it.',
  bytes: 'Bytes of the text in UTF-8.',
  natsPerToken: 'Mean of -ln p over the tokens.',
  perplexityPerToken: 'exp(natsPerToken). Models with other tokens cannot be compared by it.',
  perplexityPerWord:
    'exp(loss / words), words between white space, as lm-eval counts them. It compares models on one text.',
  perplexityPerWordWithLineEnds:
    'The same with each line end as a word, as papers on WikiText-103 count them.',
  perplexityPerByte: '2^bitsPerByte.',
  bitsPerByte: 'Loss in bits / bytes. It compares models on any texts.',
} as const;

export type Figures = Record<keyof typeof DEFINITIONS, number>;

export function figuresOf(score: TextScore): Figures {
  const { tokens, bytes, nats } = score;
  const words = perplexities(nats, score, bytes);
  const natsPerToken = nats / tokens;
  return {
    tokens,
    bytes,
    natsPerToken,
    perplexityPerToken: Math.exp(natsPerToken),
    perplexityPerWord: words.wordPerplexityWithoutLineEnds,
    perplexityPerWordWithLineEnds: words.wordPerplexityWithLineEnds,
    perplexityPerByte: 2 ** words.bitsPerRawByte,
    bitsPerByte: words.bitsPerRawByte,
  };
}

/** One line per row. A row that was stopped says so. */
export function csv(rows: readonly Row[]): string {
  const keys = Object.keys(DEFINITIONS) as (keyof Figures)[];
  const head = ['text', 'model', 'digest', 'complete', ...keys];
  const lines = rows.map(({ text, model, score }) => {
    const figures = figuresOf(score);
    return [
      text,
      model.id,
      model.digest,
      score.isComplete ? 'yes' : 'no',
      ...keys.map((key) => figures[key]),
    ];
  });
  return [head, ...lines].map(csvLine).join('');
}

/** A line of a CSV file (RFC 4180). */
function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/**
 * All sentences of a text in their order, with a number from 1, the UTF-16 units before each, its tokens and its loss. In
 * parts, because a text may have more sentences than fit into memory.
 */
export async function sentencesCsv({ sentences }: Pick<Row, 'sentences'>): Promise<Blob> {
  const head = csvLine(['sentence', 'at', 'tokens', 'nats', 'natsPerToken', 'text']);
  const parts: BlobPart[] = [head];
  for (let page = 0; page < sentences.pages; page++) {
    const lines = (await sentences.page(page)).map(({ at, tokens, nats, text }, n) =>
      csvLine([page * PAGE + n + 1, at, tokens, nats, nats / tokens, text]),
    );
    parts.push(new Blob(lines));
  }
  return new Blob(parts, { type: 'text/csv' });
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Everything that the page shows, with the definitions. Losses are in nats. */
export function json(rows: readonly Row[]): string {
  const results = rows.map(({ text, model, score }) => {
    const { along, words, sentences, sentenceCount, isComplete } = score;
    const means = Array.from(along.means);
    const loss = { tokensPerMean: along.every, means };
    return { text, model, isComplete, ...figuresOf(score), loss, words, sentences, sentenceCount };
  });
  return JSON.stringify({ definitions: DEFINITIONS, results }, null, 1);
}

/** Joins neighbours until at most `most` means are left. The last mean of an odd number keeps its value. */
export function coarser({ every, means }: TextScore['along'], most: number): TextScore['along'] {
  let [step, values] = [every, means];
  while (values.length > most) {
    step *= 2;
    values = Float32Array.from({ length: Math.ceil(values.length / 2) }, (_, i) =>
      2 * i + 1 < values.length ? (values[2 * i] + values[2 * i + 1]) / 2 : values[2 * i],
    );
  }
  return { every: step, means: values };
}
