import { afterEach, beforeEach, expect, test } from 'vitest';
import { countRecords } from '../model/sampling/records';
import { GREEDY } from '../model/sampling/sampling';
import type { CompareEvent } from './messages';
import type { RequestRun } from './request-run';
import { CountedEngine, PROMPT, SAMPLING } from './testing';

let under: CountedEngine;
beforeEach(async () => {
  under = new CountedEngine();
  await under.load();
});
afterEach(() => under.engine.unload());

const SAMPLINGS = [SAMPLING, { ...SAMPLING, seed: 4 }, GREEDY];

async function compare(
  runs: RequestRun[],
  samplings = SAMPLINGS,
  maxTokens = 20,
  onEvent: (event: CompareEvent) => void = () => {},
  stopSequences: readonly string[] = [],
) {
  const ids: number[][] = samplings.map(() => []);
  const texts = samplings.map(() => '');
  const records = samplings.map(() => 0);
  const result = await under.engine.compare(
    { runs, samplings, maxTokens, atArticleEnd: 'continue', stopSequences },
    (event) => {
      if (event.type === 'parts')
        for (const [n, part] of event.parts.entries()) {
          ids[n].push(...(part?.tokens.ids ?? []));
          texts[n] += part?.text ?? '';
          records[n] += countRecords(part?.records ?? []);
        }
      onEvent(event);
    },
  );
  return { ids, texts, records, result };
}

test('each continuation equals a single one, and the prompt is read once', async () => {
  const { ids, records, result } = await compare([{ text: PROMPT }]);
  const read = under.read;
  expect(result.reasons).toEqual(['length', 'length', 'length']);
  expect(records).toEqual([20, 20, 20]);
  for (const [n, sampling] of SAMPLINGS.entries()) {
    const alone = await under.generate([{ text: PROMPT }], { sampling, maxTokens: 20 });
    expect(ids[n]).toEqual(alone.ids);
  }
  expect(under.read).toBe(read); // from the snapshot after the prompt
});

test('a kept continuation resumes without rereading', async () => {
  const { ids } = await compare([{ text: PROMPT }]);
  const before = under.read;
  const runs = [{ text: PROMPT }, { ids: Uint32Array.from(ids[1]) }];
  const rest = await under.generate(runs, { sampling: SAMPLINGS[1], maxTokens: 10 });
  expect(under.read).toBe(before);
  const whole = await under.generate([{ text: PROMPT }], { sampling: SAMPLINGS[1], maxTokens: 30 });
  expect([...ids[1], ...rest.ids]).toEqual(whole.ids);
});

test('a continuation that ended at a stop sequence resumes from there', async () => {
  const whole = await compare([{ text: PROMPT }]);
  const stop = whole.texts[1].slice(8, 14);
  const { ids, texts, result } = await compare([{ text: PROMPT }], SAMPLINGS, 20, () => {}, [stop]);
  expect(result.reasons[1]).toBe('stop-sequence');
  expect(whole.texts[1].startsWith(texts[1])).toBe(true);
  expect(ids[1].length).toBeLessThan(20);
  const runs = [{ text: PROMPT }, { ids: Uint32Array.from(ids[1]) }];
  const rest = await under.generate(runs, { sampling: SAMPLINGS[1], maxTokens: 20 - ids[1].length });
  expect([...ids[1], ...rest.ids]).toEqual(whole.ids[1]);
});

test('stops all continuations, and keeps their tokens', async () => {
  const { ids, result } = await compare([{ text: PROMPT }], SAMPLINGS, 5000, (event) => {
    if (event.type === 'parts') under.engine.stop();
  });
  expect(result.reasons).toEqual(['stopped', 'stopped', 'stopped']);
  for (const written of ids) {
    expect(written.length).toBeGreaterThan(0);
    expect(written.length).toBeLessThan(5000);
  }
});
