import { writeFile } from 'node:fs/promises';
import { EngineError } from '../src/model/runtime/errors';
import { loadModel } from '../src/model/runtime/folder';
import { ReferenceBackend } from '../src/model/runtime/reference-backend';
import { runCommand } from './command';
import { makeExample } from './example';
import { modelFolder, readFolder } from './node';

const USAGE = `Writes the first text that a visitor sees with a model, src/app/examples/MODEL.json, and prints it.

node scripts/run.mjs scripts/make-example.ts MODEL SEED

MODEL is the id of a model in public/weights. Try some seeds, and keep the text that reads best.`;

const BEGINNING = `= Northern Lines =

Northern Lines is the third studio album by the English rock band The Tidewater, released on 3 March 1978.

= = Recording = =

The band`;
const SAMPLER = {
  temperature: 0.6,
  topK: 0,
  topP: 0.95,
  minP: 0.1,
  repetitionPenalty: 1.1,
  sequencePenalty: 1,
};

await runCommand(USAGE, {}, async (_values, [id, seed]) => {
  if (!id || !Number.isInteger(Number(seed ?? '-')))
    throw new EngineError('input', 'MODEL and SEED are required.', 'See --help.');
  const model = await loadModel(readFolder(modelFolder(id)));
  const example = await makeExample(model, new ReferenceBackend(model), BEGINNING, {
    ...SAMPLER,
    seed: Number(seed),
  });
  await writeFile(`src/app/examples/${id}.json`, `${JSON.stringify(example)}\n`);
  console.log(example.typed.text + example.sampled.text);
  console.log(example.showpiece);
});
