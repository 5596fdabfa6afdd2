import { EngineError } from '../src/model/runtime/errors';
import { loadModel } from '../src/model/runtime/folder';
import { logProbabilitiesOf } from '../src/model/sampling/records';
import { createBackend } from '../src/workers/backends';
import type { BackendChoice } from '../src/workers/messages';
import { numberOption, runCommand } from './command';
import { firstModel, nodeGpu, readBytes, readFolder } from './node';

const USAGE = `Measures the loss of a model on a text in nats per token, and the word perplexity if --words is given.

npm run -s evaluate -- --file FILE [--words N] [--tokens N] [--backend auto|webgpu|cpu|reference] [--model DIR]

FILE is a shard of token ids from the trainer (NAME.bin: uint16, with <|endoftext|> before each article), or plain text,
which counts as one article. The state carries over between articles, and every token but the first is scored. --tokens
reads only the first N tokens. Word perplexity is exp(total negative log-likelihood / N words).`;

const OPTIONS = {
  file: { type: 'string', default: '' },
  words: { type: 'string' },
  tokens: { type: 'string' },
  backend: { type: 'string', default: 'auto' },
  model: { type: 'string', default: firstModel() },
} as const;

await runCommand(USAGE, OPTIONS, async (values) => {
  if (!values.file) throw new EngineError('input', '--file is missing.', 'See --help.');
  const model = await loadModel(readFolder(values.model));
  const file = readBytes(values.file);
  const all = values.file.endsWith('.bin')
    ? new Uint16Array(file, 0, file.byteLength >> 1)
    : [model.config.bosTokenId, ...model.tokenizer.encode(new TextDecoder().decode(file)).ids];
  const tokens = all.slice(0, numberOption('tokens', values.tokens, all.length));
  const { backend, info } = await createBackend(model, values.backend as BackendChoice, await nodeGpu());
  const streams = await backend.open(1);
  let nats = 0;
  const started = performance.now();
  for (let at = 0; at < tokens.length; at += 4096) {
    const { records } = await streams.read(tokens.slice(at, at + 4096), { records: true });
    for (const logProbability of logProbabilitiesOf(records!)) nats -= logProbability; // 0 for the first token
    if (process.stderr.isTTY) process.stderr.write(`\r${at} of ${tokens.length} tokens`);
  }
  const scored = tokens.length - 1;
  console.log(
    JSON.stringify({
      model: model.manifest.id,
      tokens: scored,
      natsPerToken: nats / scored,
      wordPerplexity: values.words ? Math.exp(nats / numberOption('words', values.words, 0)) : null,
      backend: info.kind,
      msPerToken: (performance.now() - started) / scored,
    }),
  );
  backend.destroy();
});
