import { test } from './playground';
import { Walker } from './random-steps/walker';

const STEPS = Number(process.env.STEPS ?? 60);
const SEED = Number(process.env.SEED ?? 1);

// STEPS=2000 SEED=1 npx playwright test e2e/random-steps.spec.ts runs 2,000 steps.
test(`${STEPS} random steps of seed ${SEED} lose nothing`, async ({ playground }) => {
  test.setTimeout(60_000 + STEPS * 5_000);
  playground.expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const walker = new Walker(playground, SEED);
  await walker.begin();
  try {
    for (let i = 0; i < STEPS; i++) await walker.step();
  } catch (error) {
    console.log(walker.log.map((step, i) => `${i + 1} ${step}`).join('\n'));
    throw error;
  }
});
