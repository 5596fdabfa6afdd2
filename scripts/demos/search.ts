import { markIds } from '../../src/app/lens/marks';
import { withReweighting } from '../../src/model/core/variant';
import { type Pair, strongestPair } from '../../src/model/lens/pair';
import { summarize } from '../../src/model/lens/summary';
import { LensWindow, WINDOW } from '../../src/model/lens/window';
import type { Streams } from '../../src/model/runtime/backend';
import type { Model } from '../../src/model/runtime/folder';
import { logProbabilitiesOf } from '../../src/model/sampling/records';
import { packVocabulary } from '../../src/model/text/vocabulary';
import { createBackend } from '../../src/workers/backends';
import { contentWords } from '../content-words';
import type { Article } from './articles';
import { type Gate, gateOf } from './gate';

const PART = 128; // tokens captured at once
const FAR = 64; // tokens between two words that are far apart, at least
const EVERY = 16; // of so many tokens, the search for structure uses one
const SATURATED = 0.95; // least part of the tokens of a gate that are at their ends

/** A head, and how much it shows. */
interface Found {
  readonly layer: number;
  readonly head: number;
  readonly score: number;
}

/** The findings in one article. */
export interface Finding {
  readonly article: Article;
  /** The pair of different words, far apart, with the largest share in any head. */
  readonly pair: Pair | null;
  /** Perplexity without proportions, and with proportions by position, divided by that of the model. */
  readonly none: number;
  readonly static: number;
  /** The gate (gate.ts) with the largest ratio; null if no head is a gate here. */
  readonly gate: Found | null;
  /** The head with the largest share of marks (marks.ts). */
  readonly structure: Found;
  /** The least likely content word. */
  readonly surprise: { readonly token: number; readonly logProbability: number };
}

/** Looks for demos in articles of at most WINDOW tokens, on the CPU: about 3 s of CPU time for each. */
export async function search(
  model: Model,
  articles: readonly Article[],
  onFinding: (finding: Finding) => void,
): Promise<Finding[]> {
  const start = async (of: Model) => (await createBackend(of, 'cpu', undefined)).streams;
  const streams = await start(model);
  const none = await start(withReweighting(model, 'none', WINDOW));
  const byPosition = await start(withReweighting(model, 'static', WINDOW));
  const marks = new Set(markIds(packVocabulary(model.tokenizer.bytes), model.config.bosTokenId));
  const findings: Finding[] = [];
  for (const article of articles) {
    const { ids } = article;
    const logProbabilities = await score(streams, ids);
    const learned = perplexity(logProbabilities);
    const window = await capture(model, streams, ids);
    const finding: Finding = {
      article,
      pair: await farPair(window, article),
      none: perplexity(await score(none, ids)) / learned,
      static: perplexity(await score(byPosition, ids)) / learned,
      gate: openestGate(window),
      structure: await structureHead(window, (i) => marks.has(ids[i])),
      surprise: leastLikely(article, logProbabilities),
    };
    findings.push(finding);
    onFinding(finding);
  }
  return findings;
}

/** The log-probability of each token, from an empty state; 0 for the first. */
async function score(streams: Streams, ids: readonly number[]): Promise<number[]> {
  await streams.restore(null);
  const { records } = await streams.read([...ids], { records: true });
  return logProbabilitiesOf(records!);
}

function perplexity(logProbabilities: readonly number[]): number {
  const total = logProbabilities.reduce((sum, logProbability) => sum + logProbability, 0);
  return Math.exp(-total / (logProbabilities.length - 1));
}

function leastLikely({ words }: Article, logProbabilities: readonly number[]): Finding['surprise'] {
  return contentWords(words)
    .map((token) => ({ token, logProbability: logProbabilities[token] }))
    .reduce((least, next) => (next.logProbability < least.logProbability ? next : least));
}

async function capture({ config }: Model, streams: Streams, ids: readonly number[]): Promise<LensWindow> {
  const window = new LensWindow(config, 0);
  await streams.restore(null);
  for (let at = 0; at < ids.length; at += PART)
    window.append(await streams.capture(ids.slice(at, at + PART)));
  return window;
}

async function farPair(window: LensWindow, { words }: Article): Promise<Pair | null> {
  const content = contentWords(words);
  const known = [...new Set(content.map((i) => words[i]))];
  const names = content.map((i) => known.indexOf(words[i]));
  const question = { words: content, names, from: 0, to: words.length, apart: FAR };
  const found = await strongestPair(window, question, new AbortController().signal);
  return found?.pair ?? null;
}

function openestGate(window: LensWindow): Found | null {
  const { layers, heads } = window.config;
  const isGate = ({ queries, keys }: Gate) => Math.min(queries, keys) >= SATURATED;
  const gates = Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: heads }, (_, head) => {
      const lens = window.head(layer, head);
      const proportions = (of: (i: number) => number) => Array.from({ length: lens.length }, (_, i) => of(i));
      const gate = gateOf(
        proportions((i) => lens.queryProportion(i)),
        proportions((i) => lens.keyProportion(i)),
      );
      return isGate(gate) ? [{ layer, head, score: gate.ratio }] : [];
    }),
  ).flat(2);
  return gates.length ? gates.reduce(larger) : null;
}

async function structureHead(window: LensWindow, isMark: (i: number) => boolean): Promise<Found> {
  const sample = { tokensBefore: 0, every: EVERY, isMark };
  const layers = (await summarize(window, sample, new AbortController().signal))!;
  return layers
    .flatMap((heads, layer) => heads.map(({ marks }, head) => ({ layer, head, score: marks })))
    .reduce(larger);
}

function larger(a: Found, b: Found): Found {
  return b.score > a.score ? b : a;
}
