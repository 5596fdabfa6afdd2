import type { Config } from '../core/config';
import { EngineError } from '../runtime/errors';
import type { Proof } from '../runtime/model-index';
import { newAdapter } from './adapter';
import type { Learner } from './learner';

const LOSS_TOLERANCE = 1e-3; // nats per token
const SLOPE_TOLERANCE = 0.05; // of the slope
/** Change of the loss between the two sides of a finite difference, in nats per token. */
const DIFFERENCE = 1e-2;

/**
 * Checks that a learner gives the losses of a proof, in two segments, and that its gradient is the slope of its loss.
 * Leaves the learner with an untrained adapter, and restarted.
 * @throws EngineError 'device' if a check fails
 */
export async function proveLearner(
  learner: Learner,
  config: Config,
  rank: number,
  { tokens, logProbabilities }: Proof,
): Promise<void> {
  const count = logProbabilities.length;
  const half = Math.ceil(count / 2);
  const adapter = newAdapter(config, rank, 0);
  const score = (from: number, to: number) =>
    learner.score(tokens.slice(from, to), tokens.slice(from + 1, to + 1));
  learner.use(adapter);
  learner.restart();
  const nats = (await score(0, half)).nats + (await score(half, count)).nats;
  const expected = -logProbabilities.reduce((a, b) => a + b, 0);
  if (!(Math.abs(nats - expected) <= LOSS_TOLERANCE * count)) throw wrong('reads');

  learner.restart();
  const { gradient } = await learner.learn(tokens.slice(0, count), tokens.slice(1, count + 1));
  let slope = 0;
  for (const g of gradient) slope += g * g;
  const step = DIFFERENCE / 2 / slope;
  const lossAt = async (along: number) => {
    learner.use({ ...adapter, values: adapter.values.map((x, i) => x + along * gradient[i]) });
    learner.restart();
    return (await score(0, count)).nats / count;
  };
  const measured = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
  if (!(Math.abs(measured - slope) <= SLOPE_TOLERANCE * slope)) throw wrong('learns');
  learner.use(adapter);
  learner.restart();
}

function wrong(how: string): EngineError {
  return new EngineError(
    'device',
    `The GPU computes wrong numbers when it ${how}.`,
    'Update the browser or the GPU driver, or run on the CPU.',
  );
}
