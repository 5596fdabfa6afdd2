import { afterEach, describe, expect, test } from 'vitest';
import { CountedEngine, PROMPT } from './testing';

let under: CountedEngine;
afterEach(() => under.engine.unload());

async function load(options: ConstructorParameters<typeof CountedEngine>[0] = {}): Promise<void> {
  under?.engine.unload();
  under = new CountedEngine(options);
  await under.load();
}

describe('a device that fails', () => {
  test('is replaced, and the generation resumes with the same output', async () => {
    await load();
    const whole = await under.generate([{ text: PROMPT }], { maxTokens: 200 });
    await load({ failure: { code: 'device-lost', times: 1, on: 'cpu' } });
    const broken = await under.generate([{ text: PROMPT }], { maxTokens: 200 });
    expect(broken.events.filter((event) => event.type === 'notice').length).toBe(1);
    expect(broken.ids).toEqual(whole.ids);
    expect(broken.result.reason).toBe('length');
  });

  test.each([
    ['device-lost', ['auto', 'auto', 'auto', 'cpu']],
    ['device', ['auto', 'cpu']],
  ] as const)('after repeated errors %s, falls back to the next best and reports it', async (code, kinds) => {
    await load({ automatic: 'webgpu', failure: { code, times: Number.POSITIVE_INFINITY, on: 'webgpu' } });
    const { ids, events } = await under.generate([{ text: PROMPT }], { maxTokens: 400 });
    expect(ids.length).toBe(400);
    expect(under.asked).toEqual(kinds);
    const notices = events.filter((event) => event.type === 'notice');
    expect(notices.at(-1)).toMatchObject({
      message: expect.stringMatching(/broke.*resumes/),
      backend: { kind: 'cpu', reason: 'It broke.' },
    });
  });
});
