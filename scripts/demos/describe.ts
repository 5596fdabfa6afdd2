import { bytes, count } from '../../src/app/format';
import { markIds } from '../../src/app/lens/marks';
import { points } from '../../src/app/lens/reading';
import { commonLength } from '../../src/app/store/document/branches';
import type { Playground } from '../../src/app/store/playground';
import { ordinal, percent } from '../../src/app/token-format';
import { cacheBytes } from '../../src/model/runtime/snapshot';
import { readRecord } from '../../src/model/sampling/records';
import { plainText } from '../../src/model/text/text';
import { numberAt, positionOf, TokenIndex } from '../../src/model/text/token-index';
import { tokenBytes } from '../../src/model/text/vocabulary';
import type { EngineInfo } from '../../src/workers/messages';
import { contentWords } from '../content-words';
import { gateOf } from './gate';

/** Opens with the file of a demo, and computes its sentence from it: the figures that the page shows. */
type Describe = (page: Playground) => Promise<string>;

/** The sentence of each demo. The page has opened its file. */
export const DESCRIBE: Readonly<Record<string, Describe>> = {
  'far-word': async (page) => {
    const { query, row } = await lookFrom(page);
    const key = row.most(0, query - 1);
    return `Reading ${wordAt(page, query)}, head ${headName(page)} gives ${points(row.share(key))} of its attention to ${wordAt(page, key)}, ${query - key} tokens earlier. By similarity alone, without the learned proportions, it would give ${points(row.similarity(key))}.`;
  },

  off: (page) => predictWithout(page, 'without proportions (Off)'),
  'by-position': (page) => predictWithout(page, 'with cosFormer’s fixed proportions (By position)'),

  surprise: async (page) => {
    await page.inspection.readText();
    const index = new TokenIndex(page.text.runs);
    const all = Array.from({ length: index.count }, (_, n) => page.inspection.find(n)!);
    const text = plainText(page.text.runs);
    const content = contentWords(all.map(({ token }) => text.slice(token.from, token.to)));
    const { token, record } = content
      .map((n) => all[n])
      .reduce((least, next) => (next.record!.logProbability < least.record!.logProbability ? next : least));
    const { vocabulary, config } = infoOf(page);
    const [expected] = record!.alternatives;
    const words = new TextDecoder().decode(tokenBytes(vocabulary, expected.id)).trim();
    return `Here the model expected “${words}” (${percent(Math.exp(expected.logProbability))}), but the article has ${wordAt(page, positionOf(token.number))}, its ${ordinal(record!.rank)} choice of ${count(config.vocabSize)} (${percent(Math.exp(record!.logProbability))}). The Token panel shows how surprising each word is.`;
  },

  branch: async (page) => {
    const { runs, branches } = page.text;
    const [other] = branches.filter((branch) => plainText(branch.runs) !== plainText(runs));
    const at = commonLength(runs, other.runs);
    const [chosen, first] = [runs, other.runs].map((all) => {
      const index = new TokenIndex(all);
      const { run, place, from, to } = index.token(index.at(at)!);
      if (run.source === 'typed') throw new RangeError('A branch begins with a typed word.');
      const { logProbability } = readRecord(run.records, place);
      return `“${plainText(all).slice(from, to).trim()}” ${points(Math.exp(logProbability))}`;
    });
    return `After ${wordAround(plainText(runs), at - 1)} the model gave ${first} and ${chosen}. Both continuations stay, as branches of one text.`;
  },

  eight: async (page) => {
    page.set({ length: 1 });
    page.comparison.prepare();
    await page.comparison.start();
    const [{ runs }] = page.store.getState().comparison.continuations;
    const [run] = runs;
    page.comparison.leave();
    if (run?.source !== 'sampled') throw new RangeError('The model wrote no continuation.');
    const [likeliest] = readRecord(run.records, 0).alternatives;
    return `The likeliest next token gets only ${points(Math.exp(likeliest.logProbability))} here. “Generate all” writes eight continuations at once, each with its own seed; you keep one, and the others stay as branches.`;
  },

  verify: async (page) => {
    const sampled = page.text.runs.find((run) => run.source === 'sampled');
    await page.verify();
    const { counts, isFaithful } = page.store.getState().verified!;
    const { seed, temperature } = sampled!.sampling!;
    if (!isFaithful) throw new RangeError('The text does not match its tokens.');
    return `The link carries the seed ${seed}, the temperature ${temperature} and the tokens. Press “Verify”: the model reads the text again, and the sampler draws the same token at ${count(counts.exact)} of ${count(sampled!.tokens.ids.length)} places.`;
  },

  long: async (page) => {
    const { config, stateBytes } = infoOf(page);
    const { count: tokens } = new TokenIndex(page.text.runs);
    return `The model wrote these ${count(tokens)} tokens. Its memory of them is ${bytes(stateBytes)}, as after ten; the float16 key-value cache of standard attention would be ${bytes(cacheBytes(config, 1 + tokens))}.`;
  },

  gate: async (page) => {
    const { layer, head } = page.store.getState().lens;
    const { answer } = await page.lens.ask('proportions', { layer, head });
    const { queries, keys, end, token, ratio } = gateOf(answer.query, answer.key);
    const [high, low] = ['over 0.9', 'under 0.1'];
    return `In head ${headName(page)}, the proportion of the query is ${end ? high : low} at ${points(queries)} of the tokens and that of the key ${end ? low : high} at ${points(keys)}. So the factor of a pair depends almost on its key alone, like a gate at the input: at the last token, ${wordAt(page, token)} gets ${Math.round(ratio)} times the factor of the median token.`;
  },

  structure: async (page) => {
    const { layer, head } = page.store.getState().lens;
    const { vocabulary, config } = infoOf(page);
    const marks = markIds(vocabulary, config.bosTokenId);
    const { answer } = await page.lens.ask('overview', { every: 1, marks });
    const shares = answer.heads.flat().map(({ marks }) => marks);
    const others = shares.toSorted((a, b) => a - b)[shares.length >> 1];
    return `Head ${headName(page)} reads the layout: ${points(answer.heads[layer][head].marks)} of its attention goes to the start, the line breaks and the signs of headings. The median head gives them ${points(others)}.`;
  },
};

async function predictWithout(page: Playground, how: string): Promise<string> {
  const { answer } = await page.lens.ask('counterfactual', {});
  const { learned, changed } = answer;
  const [before, after] = [learned, changed].map(({ perplexity }) => perplexity.toFixed(1));
  return `The same model predicts this text ${how} with a perplexity of ${after} instead of ${before}. It was trained with learned proportions; small models trained without them predict as well.`;
}

/** The attention of the head and the token that the file names, by positions. */
async function lookFrom(page: Playground) {
  const { layer, head } = page.store.getState().lens;
  const { start, answer } = await page.lens.ask('row', { layer, head, measure: 'share' });
  const { shares, similarity } = answer;
  const row = {
    share: (position: number) => shares[position - start],
    similarity: (position: number) => similarity[position - start],
    /** The position in a range with the largest share. */
    most: (from: number, to: number) => {
      const part = shares.subarray(Math.max(from - start, 0), to - start + 1);
      return Math.max(from, start) + part.indexOf(Math.max(...part));
    },
  };
  return { query: start + shares.length - 1, row };
}

function headName(page: Playground): string {
  const { layer, head } = page.store.getState().lens;
  return `${layer + 1}.${head + 1}`;
}

function infoOf(page: Playground): EngineInfo {
  const { engine } = page.store.getState();
  if (engine.phase !== 'ready') throw new RangeError('The model is not loaded.');
  return engine.info;
}

/** The word with the token at a position. */
function wordAt(page: Playground, position: number): string {
  const { to } = new TokenIndex(page.text.runs).token(numberAt(position));
  return wordAround(plainText(page.text.runs), to - 1);
}

function wordAround(text: string, at: number): string {
  const before = /[\p{L}\p{M}\p{N}]*$/u.exec(text.slice(0, at))![0];
  const after = /^.[\p{L}\p{M}\p{N}]*/su.exec(text.slice(at))![0];
  return `“${(before + after).trim()}”`;
}
