import { BEGINNINGS } from '../../src/app/examples';
import { typedText } from '../../src/app/store/document/text-value';
import type { Playground } from '../../src/app/store/playground';
import { readRecord, type TokenRecord } from '../../src/model/sampling/records';
import { type Token, TokenIndex } from '../../src/model/text/token-index';
import { tokenBytes } from '../../src/model/text/vocabulary';

/** Demos with words by the model: each function shows the text of one on the page. They quote no article. */

const SEEDS = 4; // tried for each beginning
const CONTINUATION = 60; // tokens of each branch
const VERIFIED = 200; // tokens
const LONG = 50_000; // tokens

/**
 * Continues each beginning with some seeds, finds the token whose second choice was nearly as likely, and continues from both.
 * The more likely the second of two whole words, the better.
 */
export async function showBranch(page: Playground): Promise<null> {
  let best: { text: string; seed: number; token: Token; record: TokenRecord; second: number } | null = null;
  for (const { text } of BEGINNINGS)
    for (let seed = 1; seed <= SEEDS; seed++) {
      await write(page, text, seed, CONTINUATION);
      const index = new TokenIndex(page.text.runs);
      for (let n = index.count - CONTINUATION; n < index.count - CONTINUATION / 2; n++) {
        const found = page.inspection.find(n);
        if (!found?.record) continue;
        const { token, record } = found;
        const [first, second] = record.alternatives;
        const isTwoWords = [first, second].every(({ id }) => isWord(page, id)) && record.rank === 1;
        const share = Math.exp(second.logProbability);
        if (isTwoWords && share > (best?.second ?? 0)) best = { text, seed, token, record, second: share };
      }
    }
  if (!best) throw new RangeError('No token has two likely words.');
  await write(page, best.text, best.seed, CONTINUATION);
  await page.choose(best.token, best.record, 1);
  page.show('branches');
  return null;
}

/** Shows the beginning after which the likeliest next token is least likely. */
export async function showOpenBeginning(page: Playground): Promise<null> {
  let best = { text: '', likeliest: 1 };
  for (const { text } of BEGINNINGS) {
    await write(page, text, 1, 1);
    const likeliest = Math.exp(readRecord(recordsOf(page), 0).alternatives[0].logProbability);
    if (likeliest < best.likeliest) best = { text, likeliest };
  }
  await page.texts.add(typedText(best.text));
  return null;
}

/** Shows a text of sampled tokens. */
export async function showSampled(page: Playground): Promise<null> {
  await write(page, BEGINNINGS[0].text, 1, VERIFIED);
  return null;
}

/** Shows a text whose key-value cache would be large. All of it is sampled, so the page knows its tokens before it reads it. */
export async function showLong(page: Playground): Promise<null> {
  page.set({ atArticleEnd: 'continue' });
  await write(page, '', 1, LONG);
  page.set({ atArticleEnd: 'stop' });
  return null;
}

function recordsOf(page: Playground): Float32Array {
  const run = page.text.runs.at(-1);
  if (run?.source !== 'sampled') throw new RangeError('The model wrote nothing.');
  return run.records;
}

/** Whether a token is a whole word of the alphabet, as far as can be said without the next one. */
function isWord(page: Playground, id: number): boolean {
  const { engine } = page.store.getState();
  const bytes = engine.phase === 'ready' ? tokenBytes(engine.info.vocabulary, id) : new Uint8Array();
  return /^ [A-Za-z]{3,}$/.test(new TextDecoder().decode(bytes));
}

async function write(page: Playground, text: string, seed: number, length: number): Promise<void> {
  await page.texts.add(typedText(text));
  page.set({ seed, length });
  await page.generate();
}
