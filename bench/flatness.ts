import { readJson, readModelData } from '../scripts/node';
import { createWasmBackend } from '../src/cpu/wasm-backend';
import { pairedRatio } from '../src/workers/statistics';
import { countGpuCalls } from '../tests/count-gpu-calls';
import type { ModelGolden } from '../tests/golden';
import { benchModel } from './model';
import { measureFlatness, readFar } from './page/flatness';
import { LeapformerContender } from './page/leapformer';

// The cost of a token at position 65,536 relative to position 64, as in the bench, but in processor time of this process,
// which other work on the machine disturbs least. Run: node scripts/run.mjs bench/flatness.ts [PAIRS]

const pairs = Number(process.argv[2] ?? 1200);
const processorTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const contender = await LeapformerContender.open(await createWasmBackend(await readModelData(benchModel())));
const golden: ModelGolden = readJson(`${benchModel()}golden.json`);
const text = golden.tokens.filter((id) => id !== 0); // without article ends
const snapshots = await readFar(contender, text, () => {});
const { near, far } = await measureFlatness(
  ...(['WebAssembly', contender, snapshots, 16, pairs, countGpuCalls(), processorTime] as const),
);
const { median, low, high } = pairedRatio(far.decode, near.decode);
const [ratio, least, most] = [median, low, high].map((value) => value.toFixed(4));
console.log(`far / near ${ratio} (${least} to ${most}), ${pairs} pairs`);
console.log(near.position, near.memory, far.position, far.memory);
