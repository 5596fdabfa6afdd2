import type { Showpiece, StoredExample } from '../src/app/examples';
import { LensWindow, WINDOW } from '../src/model/lens/window';
import type { Backend } from '../src/model/runtime/backend';
import type { Model } from '../src/model/runtime/folder';
import { countRecords, readRecord } from '../src/model/sampling/records';
import type { Sampling } from '../src/model/sampling/sampling';
import { StreamingDecoder } from '../src/model/text/vocabulary';
import { contentWords } from './content-words';

const LENGTH = 110; // sampled tokens, then cut to the last complete sentence
const FAR = 32; // tokens between the words of a showpiece, at least
const DECAYED = 0.05; // most difference that the decay makes to the share of a showpiece
/** Continues a typed text with the model, and finds the showpiece of the lens in the whole. */
export async function makeExample(
  model: Model,
  backend: Backend,
  text: string,
  sampling: Sampling,
): Promise<StoredExample> {
  const { config, manifest, digest, tokenizer } = model;
  const start = config.bosTokenId;
  const typed = tokenizer.encode(text);
  const streams = await backend.open(1);
  await streams.read([start, ...typed.ids]);
  const drawn: { id: number; text: string; chances: number[] }[] = [];
  const decoder = new StreamingDecoder((id) => tokenizer.bytes[id]);
  for await (const [{ records }] of streams.decode([{ sampling, maxTokens: LENGTH, stopTokens: [start] }]))
    for (let i = 0; i < countRecords(records); i++) {
      const { id, logProbability, rank, probability } = readRecord(records, i);
      drawn.push({
        id,
        text: decoder.push(id),
        chances: [rounded(logProbability), rank, rounded(probability)],
      });
    }
  const sampled = drawn.slice(0, 1 + drawn.findLastIndex((token) => token.text === '.'));
  const ids = sampled.map(({ id }) => id);
  return {
    model: { id: manifest.id, digest },
    typed: { text, ids: [...typed.ids], lengths: [...typed.lengths] },
    sampled: {
      text: sampled.map((token) => token.text).join(''),
      ids,
      lengths: sampled.map((token) => token.text.length),
      chances: sampled.map(({ chances }) => chances),
      sampling,
    },
    showpiece: await findShowpiece(model, backend, [start, ...typed.ids, ...ids], 1 + typed.ids.length),
  };
}

/**
 * The head and the two words whose share of attention the learned proportions raise most: similarity alone, compared with
 * similarity and proportions. The first word is sampled. Both are whole words in small letters with a meaning of their own,
 * different and at least FAR tokens apart, and the decay hardly changes the share.
 * @param sampled index of the first sampled token
 * @throws RangeError if the text has no such words
 */
async function findShowpiece(
  { config, tokenizer }: Model,
  backend: Backend,
  tokens: readonly number[],
  sampled: number,
): Promise<Showpiece> {
  if (tokens.length > WINDOW) throw new RangeError(`The lens captures at most ${WINDOW} tokens at once.`);
  const window = new LensWindow(config, 0);
  window.append(await (await backend.open(1)).capture(tokens));
  const words = tokens.map((id) => new TextDecoder().decode(tokenizer.bytes[id]));
  const content = contentWords(words);
  let best: Showpiece | null = null;
  for (let layer = 0; layer < config.layers; layer++)
    for (let head = 0; head < config.heads; head++) {
      const lens = window.head(layer, head);
      for (const query of content.filter((i) => i >= sampled)) {
        const { similarity, reweighted, whole } = lens.factors(query);
        for (const key of content) {
          if (key > query - FAR || words[key] === words[query]) continue;
          const [before, after] = [similarity.shares[key], reweighted.shares[key]];
          if (Math.abs(whole.shares[key] - after) > DECAYED) continue;
          if (best && after - before <= best.reweighted - best.similarity) continue;
          best = { layer, head, query: query - 1, key: key - 1, similarity: before, reweighted: after };
        }
      }
    }
  if (!best) throw new RangeError('No two words of the text can be the showpiece.');
  return { ...best, similarity: rounded(best.similarity), reweighted: rounded(best.reweighted) };
}

const rounded = (n: number) => Number(n.toFixed(4));
