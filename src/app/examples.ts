import { makeRecords } from '../model/sampling/records';
import type { Sampling } from '../model/sampling/sampling';
import type { Encoded } from '../model/text/encoded';
import type { Run } from '../model/text/text';
import type { ModelRef, TextValue } from './store/document/text-value';
import { retryable } from './workarounds/failed-imports';

/** Openings of articles, in the format of the training text. */
export const BEGINNINGS: readonly { name: string; text: string }[] = [
  {
    name: 'A lighthouse',
    text: '= Kestrel Lighthouse =\n\nKestrel Lighthouse is a lighthouse on the northern coast of Scotland. It was built in 1847',
  },
  {
    name: 'A bird',
    text: '= Grey-crowned warbler =\n\nThe grey-crowned warbler is a species of bird in the family',
  },
  {
    name: 'A battle',
    text: '= Battle of Harrow Bridge =\n\nThe Battle of Harrow Bridge was fought on 12 May 1644 between',
  },
  {
    name: 'An album',
    text: '= Northern Lines =\n\nNorthern Lines is the third studio album by the English rock band',
  },
  {
    name: 'A storm',
    text: '= Hurricane Odette =\n\nHurricane Odette was the strongest storm of the season. It formed on September 4',
  },
];

/** A file of the folder examples, which scripts/make-example.ts writes: a typed opening and its continuation by a model. */
export interface StoredExample {
  readonly model: ModelRef;
  readonly typed: StoredText;
  readonly sampled: StoredSample;
  readonly showpiece: Showpiece;
}

/** Two words of an example and the head in which the learned proportions raise the attention between them most. */
export interface Showpiece {
  /** Both count from 0. */
  readonly layer: number;
  readonly head: number;
  /** The token that looks back and the token that it looks at, numbered as in TokenIndex. */
  readonly query: number;
  readonly key: number;
  /** The key's share of the query's attention by similarity alone, and with learned proportions. */
  readonly similarity: number;
  readonly reweighted: number;
}

/** The examples by the id of their model. Each loads when it is first wanted. */
export const EXAMPLES: { readonly [id: string]: () => Promise<StoredExample> } = Object.fromEntries(
  Object.entries(import.meta.glob<StoredExample>('./examples/*.json', { import: 'default' })).map(
    ([path, load]) => [path.slice('./examples/'.length, -'.json'.length), retryable(load)],
  ),
);

/** The text of an example, with its tokens. */
export function exampleText({ model, typed, sampled }: StoredExample): TextValue {
  return {
    runs: [typedRun(typed), sampledRun(sampled)],
    model,
    generatedFrom: typed.text.length,
    origin: null,
    branches: [],
  };
}

/** Whether a text is this example without a change. */
export function isExample({ runs, model }: TextValue, { typed, sampled, ...by }: StoredExample): boolean {
  const [opening, rest] = runs;
  return (
    runs.length === 2 &&
    opening.text === typed.text &&
    rest.source === 'sampled' &&
    rest.text === sampled.text &&
    model?.digest === by.model.digest
  );
}

/** The token that looks back in the showpiece of an example, without the space before it. */
export function showpieceWord({ typed, sampled, showpiece: { query } }: StoredExample): string {
  const lengths = [...typed.lengths, ...sampled.lengths];
  const from = lengths.slice(0, query).reduce((sum, length) => sum + length, 0);
  return (typed.text + sampled.text).slice(from, from + lengths[query]).trim();
}

interface StoredText {
  readonly text: string;
  readonly ids: readonly number[];
  readonly lengths: readonly number[];
}

interface StoredSample extends StoredText {
  /** For each token: log-probability, rank, and probability after sampling. */
  readonly chances: readonly (readonly number[])[];
  readonly sampling: Sampling;
}

function typedRun({ text, ids, lengths }: StoredText): Run {
  return { source: 'typed', text, tokens: encoded(ids, lengths) };
}

function sampledRun({ text, ids, lengths, chances, sampling }: StoredSample): Run {
  const records = ids.map((id, n) => {
    const [logProbability, rank, probability] = chances[n];
    return { id, logProbability, rank, probability, alternatives: [] };
  });
  return {
    source: 'sampled',
    text,
    tokens: encoded(ids, lengths),
    records: makeRecords(records),
    sampling,
  };
}

function encoded(ids: readonly number[], lengths: readonly number[]): Encoded {
  return { ids: Uint32Array.from(ids), lengths: Uint32Array.from(lengths) };
}
