import fc from 'fast-check';
import { expect, test } from 'vitest';
import { relativeError } from '../../../tests/golden';
import { gradientGoldens, learnSegments, loadGradientCase } from '../../../tests/golden-gradients';
import { randomModel } from '../../../tests/random-model';
import { adapterSize } from './adapter';
import { ReferenceLearner } from './reference-learner';

test.each(gradientGoldens.map((golden) => [golden.case, golden] as const))(
  'the losses and the gradient are those of the trainer: %s',
  async (_name, golden) => {
    const { model, adapter } = await loadGradientCase(golden);
    const { losses, gradient } = await learnSegments(new ReferenceLearner(model, adapter), golden.segments);
    expect(relativeError(losses, golden.losses)).toBeLessThan(1e-8);
    expect(relativeError(gradient, golden.gradient)).toBeLessThan(1e-6);
  },
);

const configurations = fc.record({
  reweighting: fc.constantFrom('leap', 'static', 'none'),
  normalizer: fc.constantFrom('rms', 'denominator'),
  decay: fc.boolean(),
  conv_kernel: fc.constantFrom(0, 4),
  position: fc.constantFrom('none', 'sinusoidal'),
  static_length: fc.constant(3),
  denominator_floor: fc.constantFrom(0.1, 5),
  num_hidden_layers: fc.integer({ min: 1, max: 2 }),
});

test('the gradient is the slope of the loss in any direction, for any configuration', async () => {
  await fc.assert(
    fc.asyncProperty(
      configurations,
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 9 }),
      fc.integer({ min: 1, max: 3 }),
      fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
      async (options, tokens, rank, numbers) => {
        const model = randomModel(options);
        const draw = () =>
          Float64Array.from({ length: adapterSize(model.config, rank) }, () => numbers.next().value);
        const [values, direction] = [draw(), draw()];
        const at = (step: number) => {
          const moved = values.map((x, i) => x + step * direction[i]);
          return new ReferenceLearner(model, { rank, scale: 0.5, values: moved });
        };
        const [read, targets] = [tokens.slice(0, -1), tokens.slice(1)];
        const loss = async (step: number) => (await at(step).score(read, targets)).nats / read.length;
        const { gradient } = await at(0).learn(read, targets);
        const slope = direction.reduce((sum, along, i) => sum + gradient[i] * along, 0);
        // A kink of relu or of the floor between the points changes one of the differences only.
        const steps = [1e-4, 1e-5, 1e-6];
        const errors = await Promise.all(
          steps.map(async (h) => Math.abs((await loss(h)) - (await loss(-h)) - 2 * h * slope) / (2 * h)),
        );
        expect(Math.min(...errors)).toBeLessThan(1e-4 * (1 + Math.abs(slope)));
      },
    ),
    { numRuns: 60 },
  );
});
