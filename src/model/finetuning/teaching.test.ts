import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectError } from '../../../tests/files';
import { randomModel } from '../../../tests/random-model';
import { cancelled } from '../runtime/errors';
import { type Adapter, newAdapter } from './adapter';
import type { Learner } from './learner';
import { ReferenceLearner } from './reference-learner';
import { Teaching, type TeachingEvent, type TeachingSettings } from './teaching';

const model = randomModel();
const SETTINGS: TeachingSettings = { rank: 1, rate: 0.05, rounds: 2, seed: 1 };

/** Its loss falls as the first number of B approaches `best`. Token t of a text is t, so it knows its place. */
class FakeLearner implements Learner {
  readonly calls: string[] = [];
  at = 0;
  private value = 0;
  private readonly best: number;
  private readonly abortAt: number;

  constructor(best: number, abortAt = Number.POSITIVE_INFINITY) {
    this.best = best;
    this.abortAt = abortAt;
  }

  use({ values, scale }: Adapter): void {
    this.value = scale * values.at(-1)!;
  }

  restart(): void {
    this.at = -1;
  }

  async score(tokens: ArrayLike<number>, targets: ArrayLike<number>) {
    if (this.calls.length >= this.abortAt) throw cancelled();
    if (this.at >= 0) expect(tokens[0]).toBe(this.at);
    expect(targets[0]).toBe(tokens[0] + 1);
    this.at = tokens[0] + tokens.length;
    this.calls.push(`score ${tokens[0]} ${this.at}`);
    return { nats: tokens.length * (5 + (this.value - this.best) ** 2) };
  }

  async learn(tokens: ArrayLike<number>, targets: ArrayLike<number>) {
    const { nats } = await this.score(tokens, targets);
    this.calls[this.calls.length - 1] = `learn ${tokens[0]} ${this.at}`;
    const gradient = newAdapter(model.config, 1, 1).values.fill(0);
    gradient[gradient.length - 1] = 2 * (this.value - this.best);
    return { nats, gradient };
  }

  destroy(): void {}
}

const text = (length: number) => Array.from({ length }, (_, i) => i);

async function run(teaching: Teaching): Promise<TeachingEvent[]> {
  const events: TeachingEvent[] = [];
  for await (const event of teaching.run()) events.push(event);
  return events;
}

function resultOf(events: readonly TeachingEvent[]) {
  const last = events.at(-1)!;
  if (last.type !== 'finished') throw new Error(last.type);
  return last.result;
}

test('learns from the first 70% alone, in order and in every round, and reads the last 15% only at the ends', async () => {
  const learner = new FakeLearner(1);
  await run(new Teaching(learner, model.config, text(2000), SETTINGS));
  const round = ['learn 0 512', 'learn 512 1024', 'learn 1024 1400'];
  expect(learner.calls.filter((call) => call.startsWith('learn'))).toEqual([...round, ...round]);
  const lastPart = learner.calls.flatMap((call, i) => (call === 'score 1700 1999' ? [i] : []));
  expect(lastPart).toEqual([4, learner.calls.length - 1]);
});

test('the loss of a segment is that before the model learned from it', async () => {
  const [, first, second] = await run(new Teaching(new FakeLearner(1), model.config, text(2000), SETTINGS));
  expect(first).toEqual({ type: 'learned', step: 1, steps: 6, loss: 6 });
  expect(second).toMatchObject({ type: 'learned', step: 2 });
  expect(second.type === 'learned' && second.loss).toBeLessThan(6);
});

test('keeps the best on the deciding part, which is never worse than the base model', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: -0.2, max: 0.2, noNaN: true }),
      fc.integer({ min: 20, max: 3000 }),
      fc.constantFrom(0.01, 0.3),
      async (best, length, rate) => {
        const events = await run(
          new Teaching(new FakeLearner(best), model.config, text(length), { ...SETTINGS, rate }),
        );
        const { base, taught, isMeasured } = resultOf(events);
        const losses = events.flatMap((event) => (event.type === 'decided' ? [event.loss] : []));
        expect(taught.deciding).toBe(Math.min(base.deciding, ...losses));
        expect(isMeasured).toBe(length >= 2000);
      },
    ),
  );
});

test('an abort at any call loses nothing: from its checkpoint, the teaching ends the same', async () => {
  const expected = resultOf(
    await run(new Teaching(new FakeLearner(0.1), model.config, text(2500), SETTINGS)),
  );
  for (let abortAt = 0; abortAt < 40; abortAt++) {
    const aborted = new Teaching(new FakeLearner(0.1, abortAt), model.config, text(2500), SETTINGS);
    const outcome = await run(aborted).catch((error) => error.code);
    const checkpoint = structuredClone(aborted.checkpoint);
    const again = new Teaching(new FakeLearner(0.1), model.config, text(2500), SETTINGS, checkpoint);
    const result = outcome === 'cancelled' ? resultOf(await run(again)) : resultOf(outcome);
    expect(result).toEqual(expected);
  }
});

test('a small model learns a text that repeats itself', async () => {
  const tokens = [0, ...Array.from({ length: 600 }, (_, i) => 1 + (i % 3) * 7)];
  const learner = new ReferenceLearner(model, newAdapter(model.config, 4, 1));
  const settings = { ...SETTINGS, rank: 4, rounds: 8 };
  const { base, taught } = resultOf(await run(new Teaching(learner, model.config, tokens, settings)));
  expect(taught.unseen).toBeLessThan(base.unseen - 0.3);
});

test.each([
  [19, {}, /The text has 19 tokens/],
  [100, { rank: 0 }, /rank is 0/],
  [100, { rate: Number.NaN }, /rate is NaN/],
  [100, { rounds: 1.5 }, /rounds is 1\.5/],
])('refuses %i tokens with %j', async (length, change, message) => {
  const create = () =>
    new Teaching(new FakeLearner(1), model.config, text(length), { ...SETTINGS, ...change });
  await expectError(create, 'input', message);
});
