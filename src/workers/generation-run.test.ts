import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readJson } from '../../scripts/node';
import { consistentFolder, SHIPPED, shippedFolder } from '../../tests/files';
import { loadModel, type Model } from '../model/runtime/folder';
import { countRecords } from '../model/sampling/records';
import { GREEDY } from '../model/sampling/sampling';
import { ARTICLE_BREAK } from '../model/text/text';
import { CountedEngine, PROMPT } from './testing';

let under: CountedEngine;
afterEach(() => under.engine.unload());

async function load(options: ConstructorParameters<typeof CountedEngine>[0] = {}): Promise<void> {
  under?.engine.unload();
  under = new CountedEngine(options);
  await under.load();
}

let model: Model;
beforeAll(async () => {
  model = await loadModel(shippedFolder());
});

test('stops at the end of an article, or continues with the next article', async () => {
  // The shipped model with the word "of" as <|endoftext|>, so that articles end soon.
  const of = model.tokenizer.encode(' of').ids[0];
  const config = JSON.stringify({ ...readJson(`${SHIPPED}config.json`), bos_token_id: of });
  await load({ files: await consistentFolder({ 'config.json': config }) });
  const ended = await under.generate([{ text: PROMPT }], {
    sampling: GREEDY,
    maxTokens: 80,
    atArticleEnd: 'stop',
  });
  expect(ended.result.reason).toBe('article-end');
  expect(ended.ids.indexOf(of)).toBe(ended.ids.length - 1);
  expect(ended.text.endsWith(ARTICLE_BREAK)).toBe(true);
  const next = await under.generate([{ text: PROMPT }, { ids: Uint32Array.from(ended.ids) }], {
    maxTokens: 5,
  });
  expect(next.ids.length).toBe(5);
  const through = await under.generate([{ text: PROMPT }], {
    sampling: GREEDY,
    maxTokens: ended.ids.length + 5,
  });
  expect(through.ids.length).toBe(ended.ids.length + 5);
  expect(through.ids.slice(0, ended.ids.length)).toEqual(ended.ids);
});

describe('stop sequences', () => {
  test('end the text with the token that completes one, for any token borders; the generation resumes from there', async () => {
    await load();
    const whole = await under.generate([{ text: PROMPT }], { maxTokens: 60 });
    const pieces = whole.ids.map((id) => model.tokenizer.decode([id]));
    for (const place of [3, 20, 41]) {
      const sequence = (pieces[place - 1] + pieces[place]).slice(1); // spans two tokens and starts inside the first
      const end = whole.text.indexOf(sequence) + sequence.length;
      const cut = await under.generate([{ text: PROMPT }], {
        maxTokens: 60,
        stopSequences: ['never', sequence],
      });
      expect(cut.result.reason).toBe('stop-sequence');
      expect(cut.ids).toEqual(whole.ids.slice(0, cut.ids.length));
      expect(countRecords(cut.records)).toBe(cut.ids.length);
      expect(cut.text.length).toBeGreaterThanOrEqual(end);
      expect(model.tokenizer.decode(cut.ids.slice(0, -1)).length).toBeLessThan(end);
      const runs = [{ text: PROMPT }, { ids: Uint32Array.from(cut.ids) }];
      const rest = await under.generate(runs, { maxTokens: 60 - cut.ids.length });
      expect([...cut.ids, ...rest.ids]).toEqual(whole.ids);
    }
  });

  test('that do not occur have no effect', async () => {
    await load();
    const { result, ids } = await under.generate([{ text: PROMPT }], { stopSequences: ['', '\0'] });
    expect([result.reason, ids.length]).toEqual(['length', 24]);
  });
});

describe('a speed limit', () => {
  test('slows the generation, and does not change its output', async () => {
    await load();
    const whole = await under.generate([{ text: PROMPT }]);
    const began = performance.now();
    const paced = await under.generate([{ text: PROMPT }], { tokensPerSecond: 50 });
    expect(performance.now() - began).toBeGreaterThan(1000 * ((24 - 3) / 50));
    expect(paced.ids).toEqual(whole.ids);
    expect(paced.result.reason).toBe('length');
  });

  test('does not delay Stop', async () => {
    await load();
    let stopped = 0;
    const { ids, result } = await under.generate([{ text: PROMPT }], { tokensPerSecond: 0.05 }, (event) => {
      if (event.type !== 'tokens') return;
      setTimeout(() => {
        stopped = performance.now();
        under.engine.stop();
      }, 50);
    });
    expect([ids.length, result.reason]).toEqual([1, 'stopped']);
    expect(performance.now() - stopped).toBeLessThan(5000); // the pause takes 20 s
  });
});
