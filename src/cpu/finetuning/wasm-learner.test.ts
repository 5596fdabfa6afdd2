import '../../../scripts/relaxed-simd';
import '../../../scripts/web-worker';
import { expect, test } from 'vitest';
import { describeLearner, randomAdapter, textOf } from '../../../tests/learner-conformance';
import { randomModel } from '../../../tests/random-model';
import { TEACHING, Teaching, type TeachingResult } from '../../model/finetuning/teaching';
import { hash } from '../../model/sampling/random';
import { createWasmLearner } from './wasm-learner';

for (const isRelaxed of [false, true])
  describeLearner(
    `WebAssembly${isRelaxed ? ' with relaxed SIMD' : ''}`,
    (model, rank) => createWasmLearner(model, rank, { isRelaxed }),
    20,
  );

test('a browser with relaxed SIMD uses it', async () => {
  const model = randomModel();
  const results = [];
  for (const options of [{}, { isRelaxed: true }, { isRelaxed: false }]) {
    const learner = await createWasmLearner(model, 8, options);
    learner.use(randomAdapter(model, 8));
    results.push(await learner.learn(textOf(140), textOf(141).slice(1)));
  }
  expect(results[0]).toEqual(results[1]);
  expect(results[2]).not.toEqual(results[1]); // the processor rounds once
});

test('threads give bit for bit the same as one', async () => {
  const model = randomModel({ hidden_size: 40, num_attention_heads: 5 });
  const results = [];
  for (const threads of [1, 3]) {
    const learner = await createWasmLearner(model, 8, { threads, leastWork: 0 });
    learner.use(randomAdapter(model, 8));
    results.push(await learner.learn(textOf(140), textOf(141).slice(1)));
    learner.destroy();
  }
  expect(results[1]).toEqual(results[0]);
});

const random = (i: number) => 1 + (hash(1, 0, i) % 39);

test.each([
  ['of 300 tokens', textOf(300)],
  ['of one word', Array.from({ length: 600 }, (_, i) => (i ? 7 : 0))],
  ['of random bytes', Array.from({ length: 600 }, (_, i) => (i ? random(i) : 0))],
  ['that changes after 70%', Array.from({ length: 600 }, (_, i) => (i < 420 ? (i ? 7 : 0) : random(i)))],
])('a text %s never ends worse on the part that decides', async (_name, tokens) => {
  const model = randomModel({ hidden_size: 24 });
  const learner = await createWasmLearner(model, TEACHING.rank);
  let result: TeachingResult | null = null;
  for await (const event of new Teaching(learner, model.config, tokens).run())
    if (event.type === 'finished') result = event.result;
  expect(result!.taught.deciding).toBeLessThanOrEqual(result!.base.deciding);
});
