import { dirname } from 'node:path';
import type { Backend, BackendKind, ModelData } from '../src/model/runtime/backend';
import { EngineError } from '../src/model/runtime/errors';
import { startBackend } from '../src/workers/backends';
import { type Agreement, agrees, checkAttention, checkModel } from '../tests/golden';
import { runCommand } from './command';
import { nodeGpu, readJson, readModelData } from './node';

const USAGE = `Runs every available backend on files of golden vectors and prints the largest error of each.

npm run -s check:golden -- FILE...

FILE has the form of tests/golden/leapformer-attention.json, or is the golden.json of a model folder. The error is
max|a - b| / rms(b). The exit status is 1 if an error exceeds its tolerance: 1e-7 (attention) or 1e-6 (models) for the
reference, 1e-4 for the other backends.`;

async function check(file: string, create: (model: ModelData) => Promise<Backend>): Promise<Agreement[]> {
  const golden = readJson(file);
  if (golden.cases?.length > 0) {
    const perCase = [];
    for (const attention of golden.cases) perCase.push(...(await checkAttention(attention, create)));
    return worstOfEach(perCase);
  }
  if (!Array.isArray(golden.logProbabilities))
    throw new EngineError('input', `${file} has no golden vectors.`, 'See --help for the two forms.');
  const backend = await create(await readModelData(dirname(file)));
  try {
    return await checkModel(backend, golden);
  } finally {
    backend.destroy();
  }
}

function worstOfEach(agreements: readonly Agreement[]): Agreement[] {
  const worst = new Map<string, Agreement>();
  for (const agreement of agreements)
    if (!(agreement.error <= (worst.get(agreement.what)?.error ?? -1))) worst.set(agreement.what, agreement);
  return [...worst.values()];
}

await runCommand(USAGE, {}, async (_values, files) => {
  if (files.length === 0) throw new EngineError('input', 'FILE is missing.', 'See --help.');
  const gpu = await nodeGpu();
  const available: BackendKind[] = (await gpu?.requestAdapter())
    ? ['reference', 'cpu', 'webgpu']
    : ['reference', 'cpu'];
  if (!available.includes('webgpu')) console.log('webgpu: not available on this machine');
  for (const file of files) {
    console.log(file);
    for (const kind of available)
      for (const agreement of await check(file, (model) => startBackend(kind, model, gpu))) {
        const { what, error, tolerance } = agreement;
        const verdict = agrees(agreement) ? 'ok' : 'FAILED';
        if (verdict === 'FAILED') process.exitCode = 1;
        console.log(
          `  ${kind.padEnd(10)} ${what.padEnd(30)} ${error.toExponential(2)}  of ${tolerance}  ${verdict}`,
        );
      }
  }
});
