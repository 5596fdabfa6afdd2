import { startPlayground } from '../scripts/headless';
import { nodeGpu, SHIPPED } from '../scripts/node';
import { countTokens } from '../src/app/store/document/text-value';
import type { Playground } from '../src/app/store/playground';
import { plainText } from '../src/model/text/text';

/**
 * Loses the WebGPU device again and again while the page's store generates, and checks that no token is lost: the text has
 * the length that was asked for, it never loses words, and it equals the text of a run without losses. Prints the memory of
 * the process. Run: node --expose-gc scripts/run.mjs bench/losses.ts [LOSSES]
 */
const total = Number(process.argv[2] ?? 100);
const TOKENS = 6; // of each generation
const PER_GENERATION = 2; // a third loss would move the generation to the CPU
const PROMPT = '= Wren =\n\nThe wren is';

let opened = 0;
let device: GPUDevice;

/** A GPU that exposes its newest device. */
function tapped(gpu: GPU): GPU {
  const requestAdapter = async () => {
    const adapter = (await gpu.requestAdapter())!;
    const { limits, info, features } = adapter;
    const requestDevice = async (descriptor: GPUDeviceDescriptor) => {
      opened++;
      device = await adapter.requestDevice(descriptor);
      return device;
    };
    return { limits, info, features, requestDevice };
  };
  return { requestAdapter } as unknown as GPU;
}

/** Generates, and destroys the device at the first tokens that arrive after each start, at most `losses` times. */
async function generate(playground: Playground, losses: number): Promise<number> {
  let lost = 0;
  let destroyed = -1;
  const unsubscribe = playground.store.subscribe(({ history }, before) => {
    if (lost >= losses || history === before.history || destroyed === opened) return;
    if (playground.text.runs === before.history?.present.runs) return;
    lost++;
    destroyed = opened;
    device.destroy();
  });
  await playground.generate(TOKENS);
  unsubscribe();
  return lost;
}

function check(isTrue: boolean, words: string): void {
  if (!isTrue) throw new Error(words);
}

async function start(gpu: GPU): Promise<Playground> {
  const playground = await startPlayground(SHIPPED, gpu);
  playground.set({ atArticleEnd: 'continue' });
  playground.edit({ from: 0, to: 0, insert: PROMPT });
  await playground.generate(1); // encodes the prompt
  return playground;
}

const gpu = await nodeGpu();
if (!gpu) throw new Error('WebGPU did not start in Node.');
const playground = await start(tapped(gpu));
const begun = countTokens(playground.text.runs)!;
const generations = Math.ceil(total / PER_GENERATION);
let losses = 0;
for (let n = 1; n <= generations; n++) {
  const before = plainText(playground.text.runs);
  losses += await generate(playground, PER_GENERATION);
  const { engine, problem } = playground.store.getState();
  check(problem === null && engine.phase === 'ready', `Generation ${n} failed: ${problem?.message}`);
  check(engine.phase === 'ready' && engine.info.backend.kind === 'webgpu', `Generation ${n} left WebGPU.`);
  check(plainText(playground.text.runs).startsWith(before), `Generation ${n} lost words.`);
  check(countTokens(playground.text.runs) === begun + n * TOKENS, `Generation ${n} lost tokens.`);
  if (n % Math.max(1, Math.round(generations / 10)) > 0) continue;
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(`${losses} losses, process ${mebibytes(rss)}, heap ${mebibytes(heapUsed)}`);
}
const calm = await start(gpu);
for (let n = 0; n < generations; n++) await calm.generate(TOKENS);
check(
  plainText(calm.text.runs) === plainText(playground.text.runs),
  'A run without losses wrote another text.',
);
console.log(
  `${losses} losses, and the text of ${generations * TOKENS} tokens equals that of a run without losses.`,
);
process.exit(0); // Dawn keeps Node alive
