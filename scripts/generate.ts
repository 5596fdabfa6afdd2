import { EngineError } from '../src/model/runtime/errors';
import { logProbabilitiesOf } from '../src/model/sampling/records';
import { createBackend } from '../src/workers/backends';
import { Engine } from '../src/workers/engine';
import type { GenerateEvent } from '../src/workers/messages';
import { countGpuCalls } from '../tests/count-gpu-calls';
import { numberOption, runCommand } from './command';
import { firstModel, nodeGpu, readFolder } from './node';

const USAGE = `Generates a text with a LeaPformer, on the same engine as the playground.

npm run -s generate -- [--prompt TEXT] [--tokens N] [--seed S] [--temperature T] [--top-k K] [--top-p P] [--min-p P]
  [--repetition-penalty R] [--sequence-penalty P] [--stop-at-article-end] [--backend auto|webgpu|cpu|reference]
  [--activations float32|int16] [--model DIR] [--json]

Sampler defaults come from the model's manifest; the sequence penalty defaults to 1 if the manifest has none.
--activations int16 multiplies int8 weights with integer activations on the CPU. This is faster, with an error of 1e-3 of
the logits' rms instead of 1e-4.
--json prints one object at the end: text, tokens (ids), logprobs, msPerToken, prefillMs, backend, device, stateBytes,
dispatchesPerToken, submitsPerToken, mapsPerToken.`;

const OPTIONS = {
  prompt: { type: 'string', default: '' },
  tokens: { type: 'string', default: '200' },
  seed: { type: 'string' },
  temperature: { type: 'string' },
  'top-k': { type: 'string' },
  'top-p': { type: 'string' },
  'min-p': { type: 'string' },
  'repetition-penalty': { type: 'string' },
  'sequence-penalty': { type: 'string' },
  'stop-at-article-end': { type: 'boolean', default: false },
  backend: { type: 'string', default: 'auto' },
  activations: { type: 'string', default: 'float32' },
  model: { type: 'string', default: firstModel() },
  json: { type: 'boolean', default: false },
} as const;

await runCommand(USAGE, OPTIONS, async (values) => {
  const number = (
    name:
      | `${'repetition' | 'sequence'}-penalty`
      | 'tokens'
      | 'seed'
      | 'temperature'
      | 'top-k'
      | 'top-p'
      | 'min-p',
    fallback: number,
  ) => numberOption(name, values[name], fallback);
  const oneOf = <T extends string>(name: 'backend' | 'activations', choices: readonly T[]): T => {
    const choice = choices.find((each) => each === values[name]);
    if (choice) return choice;
    throw new EngineError('input', `--${name} is ${values[name]}.`, `Use one of ${choices.join(', ')}.`);
  };
  const choice = oneOf('backend', ['auto', 'webgpu', 'cpu', 'reference']);
  const activations = oneOf('activations', ['float32', 'int16']);
  const gpu = choice === 'auto' || choice === 'webgpu' ? await nodeGpu() : undefined;
  const counts = countGpuCalls();
  const engine = new Engine({
    readFile: readFolder,
    createBackend: (model, kind) => createBackend(model, kind, gpu, { activations }),
  });
  const request = { model: { url: values.model }, backend: choice };
  const { manifest, backend, stateBytes } = await engine.load(request, () => {});
  if (choice === 'webgpu' && backend.kind !== 'webgpu') {
    engine.unload();
    throw new EngineError('device', backend.reason!, 'Use --backend cpu.');
  }
  const { sampling } = manifest;
  const maxTokens = number('tokens', 200);
  if (!Number.isInteger(maxTokens) || maxTokens < 0)
    throw new EngineError('input', `--tokens is ${maxTokens}.`, 'Give a whole number.');

  const tokens: number[] = [];
  const logprobs: number[] = [];
  let text = '';
  let prefillMs = 0;
  let before = counts();
  const started = performance.now();
  const onEvent = (event: GenerateEvent) => {
    if (event.type === 'reading' && event.read === event.total) {
      prefillMs = performance.now() - started;
      before = counts();
    } else if (event.type === 'tokens') {
      tokens.push(...event.tokens.ids);
      logprobs.push(...logProbabilitiesOf(event.records));
      text += event.text;
      if (!values.json) process.stdout.write(event.text);
    } else if (event.type === 'notice') console.error(`\n${event.message}`);
  };
  process.once('SIGINT', () => engine.stop());
  if (!values.json) process.stdout.write(values.prompt);
  await engine.generate(
    {
      runs: [{ text: values.prompt }],
      sampling: {
        temperature: number('temperature', sampling.temperature),
        topK: number('top-k', sampling.topK),
        topP: number('top-p', sampling.topP),
        minP: number('min-p', sampling.minP),
        repetitionPenalty: number('repetition-penalty', sampling.repetitionPenalty),
        sequencePenalty: number('sequence-penalty', sampling.sequencePenalty),
        seed: number('seed', Math.floor(Math.random() * 2 ** 32)),
      },
      maxTokens,
      atArticleEnd: values['stop-at-article-end'] ? 'stop' : 'continue',
    },
    onEvent,
  );
  const decodeMs = performance.now() - started - prefillMs;
  engine.unload();
  if (!values.json) return console.log();
  const after = counts();
  const perToken = (key: keyof typeof after) => (after[key] - before[key]) / Math.max(tokens.length, 1);
  console.log(
    JSON.stringify({
      text,
      tokens,
      logprobs,
      msPerToken: decodeMs / Math.max(tokens.length, 1),
      prefillMs,
      backend: backend.kind,
      device: backend.device,
      stateBytes,
      dispatchesPerToken: perToken('dispatches'),
      submitsPerToken: perToken('submits'),
      mapsPerToken: perToken('maps'),
    }),
  );
});
