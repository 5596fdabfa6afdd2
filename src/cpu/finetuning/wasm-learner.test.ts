import '../../../scripts/web-worker';
import { expect, test } from 'vitest';
import { describeLearner, randomAdapter, textOf } from '../../../tests/learner-conformance';
import { randomModel } from '../../../tests/random-model';
import { createWasmLearner } from './wasm-learner';

describeLearner('WebAssembly', createWasmLearner, 20);

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
