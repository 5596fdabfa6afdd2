import './relaxed-simd';
import './web-worker';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_FILE, WEIGHTS_FILE, writeAdapter } from '../src/model/finetuning/adapter-files';
import {
  TEACHING,
  Teaching,
  type TeachingEvent,
  type TeachingResult,
} from '../src/model/finetuning/teaching';
import { EngineError } from '../src/model/runtime/errors';
import { loadModel } from '../src/model/runtime/folder';
import { createLearner } from '../src/workers/teaching/learners';
import { numberOption, runCommand } from './command';
import { firstModel, nodeGpu, readBytes, readFolder } from './node';

const USAGE = `Teaches a model a text, and writes what it learned as an adapter (docs/finetuning.md).

npm run -s teach -- --file FILE --out FOLDER [--model DIR] [--rank N] [--rate X] [--rounds N] [--seed N]
  [--backend auto|webgpu|cpu] [--threads N]

FILE is plain text. The model learns from its first 70%. The next 15% decide which adapter is kept, and the last 15% are
read only before and after. FOLDER gets adapter_config.json and adapter_model.safetensors, which PEFT reads. The command
prints the losses in nats per token as JSON. The adapter was made from the text and can give parts of it away.
On the CPU, N threads (1 if not given) write the same adapter as one, in less time.`;

const OPTIONS = {
  file: { type: 'string', default: '' },
  out: { type: 'string', default: '' },
  model: { type: 'string', default: firstModel() },
  rank: { type: 'string' },
  rate: { type: 'string' },
  rounds: { type: 'string' },
  seed: { type: 'string' },
  backend: { type: 'string', default: 'auto' },
  threads: { type: 'string' },
} as const;

const MOST_THREADS = 64;
const CHOICES = ['auto', 'webgpu', 'cpu'] as const;

await runCommand(USAGE, OPTIONS, async (values) => {
  for (const name of ['file', 'out'] as const)
    if (!values[name]) throw new EngineError('input', `--${name} is missing.`, 'See --help.');
  const [configFile, weightsFile] = [CONFIG_FILE, WEIGHTS_FILE].map((name) => join(values.out, name));
  for (const file of [configFile, weightsFile])
    if (existsSync(file)) throw new EngineError('input', `${file} exists.`, 'Choose another --out.');
  const settings = {
    rank: numberOption('rank', values.rank, TEACHING.rank),
    rate: numberOption('rate', values.rate, TEACHING.rate),
    rounds: numberOption('rounds', values.rounds, TEACHING.rounds),
    seed: numberOption('seed', values.seed, TEACHING.seed),
  };
  const threads = numberOption('threads', values.threads, 1);
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
    throw new EngineError('input', `--threads is ${threads}.`, `Use 1 to ${MOST_THREADS}.`);
  const choice = CHOICES.find((each) => each === values.backend);
  if (!choice)
    throw new EngineError('input', `--backend is ${values.backend}.`, `Use one of ${CHOICES.join(', ')}.`);
  const text = new TextDecoder().decode(readBytes(values.file)).replaceAll('\r\n', '\n');
  const model = await loadModel(readFolder(values.model));
  const tokens = [model.config.bosTokenId, ...model.tokenizer.encode(text).ids];
  const learner = await createLearner(model, settings.rank, choice, await nodeGpu(), threads);
  if (choice === 'webgpu' && learner.info.kind !== 'webgpu')
    throw new EngineError('device', learner.info.reason!, 'Use --backend cpu.');
  const teaching = new Teaching(learner, model.config, tokens, settings);
  mkdirSync(values.out, { recursive: true });
  const started = performance.now();
  const { adapter, ...losses } = await follow(teaching);
  const seconds = (performance.now() - started) / 1000;
  const { id, digest } = model.manifest;
  const files = writeAdapter(adapter, model.config, { id, digest });
  writeFileSync(configFile, files.config);
  writeFileSync(weightsFile, new Uint8Array(files.weights));
  console.log(
    JSON.stringify({ model: id, tokens: tokens.length, ...settings, ...losses, seconds, ...learner.info }),
  );
  learner.destroy();
});

/** Runs a teaching, and prints its events to stderr. */
async function follow(teaching: Teaching): Promise<TeachingResult> {
  for await (const event of teaching.run()) {
    if (event.type === 'finished') return event.result;
    console.error(sentence(event));
  }
  throw new EngineError('internal', 'The teaching did not finish.', 'Please report it.');
}

function sentence(event: Exclude<TeachingEvent, { type: 'finished' }>): string {
  if (event.type === 'started') return `before: ${event.base.deciding.toFixed(3)} on the deciding part`;
  if (event.type === 'learned')
    return `step ${event.step} of ${event.steps}: ${event.loss.toFixed(3)} before learning`;
  return `after step ${event.step}: ${event.loss.toFixed(3)} on the deciding part${event.isBest ? ', the best' : ''}`;
}
