import { type HeadSummary, headKind } from '../../model/lens/summary';
import { save } from '../files';
import type { ModelRef } from '../store/document/text-value';
import type { Reading } from './reading';
import { plainSentence, sentence } from './sentence';
import type { Words } from './use-lens';

/** Saves the matrix as CSV; the first row and columns hold the positions and words of the tokens. */
export function saveMatrix(values: Float32Array, n: number, start: number, words: Words, name: string): void {
  save(new Blob([matrixCsv(values, n, start, words)], { type: 'text/csv' }), `${name}.csv`);
}

export function matrixCsv(values: Float32Array, n: number, start: number, words: Pick<Words, 'of'>): string {
  const quoted = (token: number) => `"${words.of(token).replaceAll('"', '""')}"`;
  const names = Array.from({ length: n }, (_, i) => quoted(start + i));
  const lines = [['number', 'token', ...names].join()];
  for (let i = 0; i < n; i++) {
    const row = Array.from(values.subarray(i * n, i * n + i + 1), (value) =>
      String(Number(value.toPrecision(7))),
    );
    lines.push([start + i, names[i], ...row].join());
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** What the pane shows. */
export interface Shown {
  readonly model: ModelRef;
  /** “head 3.3” */
  readonly head: string;
  readonly reading: Reading;
  /** First token of the window, and its tokens. */
  readonly start: number;
  readonly count: number;
  readonly heads: readonly (readonly HeadSummary[])[] | null;
  /** Perplexities of the text: with learned proportions, and with those of the reading. */
  readonly perplexities: readonly [number, number] | null;
}

const DEFINITIONS = {
  similarity: 'share by q.k alone, of the tokens of the window',
  reweighted: 'share with the proportions and without decay, of the tokens of the window',
  share:
    'share of attention p(i, j), with proportions, decay and earlier text; for the measure "output", the contribution s(i, j)',
  back: 'tokens from the last token of the word to the token that looks back',
  earlier: 'share of the tokens before the window',
  span: 'effective span: exp of the entropy of the shares, in tokens',
  heads: 'means over the tokens of the window, without silent tokens; layers and heads count from 1',
  formulas: 'docs/lens.md',
};

/** What the pane shows, as JSON with its definitions. */
export function shownJson({ model, head, reading, start, count, heads, perplexities }: Shown): string {
  const { words, ...rest } = reading;
  const data = {
    model,
    window: { start, count },
    sentence: plainSentence(sentence(reading, head)),
    head,
    ...rest,
    words,
    heads:
      heads?.flatMap((row, layer) =>
        row.map((summary, n) => ({
          layer: layer + 1,
          head: n + 1,
          kind: headKind(summary),
          ...summary,
          halfLife: Number.isFinite(summary.halfLife) ? summary.halfLife : null,
        })),
      ) ?? null,
    perplexity: perplexities && { learned: perplexities[0], changed: perplexities[1] },
    definitions: DEFINITIONS,
  };
  return `${JSON.stringify(data, null, 1)}\n`;
}

export function saveShown(shown: Shown): void {
  save(new Blob([shownJson(shown)], { type: 'application/json' }), 'lens.json');
}
