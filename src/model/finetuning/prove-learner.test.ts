import { expect, test } from 'vitest';
import { randomAdapter, textOf } from '../../../tests/learner-conformance';
import { randomModel } from '../../../tests/random-model';
import { proveLearner } from './prove-learner';
import { ReferenceLearner } from './reference-learner';

const model = randomModel({ num_hidden_layers: 2 });
const tokens = textOf(16);

async function proof() {
  const reference = new ReferenceLearner(model, { ...randomAdapter(model, 2), scale: 0 });
  const logProbabilities: number[] = [];
  for (let i = 0; i + 1 < tokens.length; i++)
    logProbabilities.push(-(await reference.score([tokens[i]], [tokens[i + 1]])).nats);
  return { tokens, logProbabilities };
}

class Wrong extends ReferenceLearner {
  override async learn(...segment: Parameters<ReferenceLearner['learn']>) {
    const { nats, gradient } = await super.learn(...segment);
    return { nats, gradient: gradient.map((g, i) => (i % 2 ? 1.5 : 1) * g) as Float64Array };
  }
}

test('a learner with the right losses and gradient passes', async () => {
  const learner = new ReferenceLearner(model, randomAdapter(model, 2));
  await expect(proveLearner(learner, model.config, 2, await proof())).resolves.toBeUndefined();
});

test('a wrong gradient, a wrong loss and a loss that is not a number fail', async () => {
  const { logProbabilities } = await proof();
  const learner = new ReferenceLearner(model, randomAdapter(model, 2));
  const prove = (each: ReferenceLearner, numbers = logProbabilities) =>
    proveLearner(each, model.config, 2, { tokens, logProbabilities: numbers });
  await expect(prove(new Wrong(model, randomAdapter(model, 2)))).rejects.toThrow('when it learns');
  await expect(prove(learner, [...logProbabilities.slice(1), -9])).rejects.toThrow('when it reads');
  await expect(prove(learner, [...logProbabilities.slice(1), Number.NaN])).rejects.toThrow('when it reads');
});
