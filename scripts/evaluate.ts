import { join } from 'node:path';
import type { Adapter } from '../src/model/finetuning/adapter';
import { CONFIG_FILE, readAdapter, WEIGHTS_FILE } from '../src/model/finetuning/adapter-files';
import { taughtModel } from '../src/model/finetuning/taught-model';
import type { ModelData } from '../src/model/runtime/backend';
import { EngineError } from '../src/model/runtime/errors';
import { loadModel } from '../src/model/runtime/folder';
import { logProbabilitiesOf } from '../src/model/sampling/records';
import { perplexities, TextCounter } from '../src/model/text/counts';
import { createBackend } from '../src/workers/backends';
import type { BackendChoice } from '../src/workers/messages';
import { numberOption, runCommand } from './command';
import { firstModel, nodeGpu, readBytes, readFolder } from './node';

const USAGE = `Measures the loss of a model on a text in nats per token, its perplexity per word, and its bits per raw byte.

npm run -s evaluate -- --file FILE [--text FILE] [--tokens N] [--backend auto|webgpu|cpu|reference] [--model DIR]
    [--adapter FOLDER]

FILE is a shard of token ids from the trainer (NAME.bin: uint16, with <|endoftext|> before each article), or plain text,
which counts as one article. The state carries over between articles, and every token but the first is scored. --tokens
reads only the first N tokens. --adapter merges an adapter (npm run teach) into the model first.

--text names the WikiText file of a shard. Its words and bytes are counted for the perplexity and the bits; those of
plain text are counted in the text itself. Word perplexity is exp(total negative log-likelihood / words), with line ends
counted as words (papers on WikiText-103) and without (lm-eval). No perplexity is printed with --tokens.`;

const OPTIONS = {
  file: { type: 'string', default: '' },
  text: { type: 'string' },
  tokens: { type: 'string' },
  backend: { type: 'string', default: 'auto' },
  model: { type: 'string', default: firstModel() },
  adapter: { type: 'string' },
} as const;

await runCommand(USAGE, OPTIONS, async (values) => {
  if (!values.file) throw new EngineError('input', '--file is missing.', 'See --help.');
  const base = await loadModel(readFolder(values.model));
  const model =
    values.adapter === undefined ? base : await taughtModel(base, adapterIn(values.adapter, base));
  if (/\.(raw|tokens)$/.test(values.file))
    throw new EngineError(
      'input',
      `${values.file} is tokenized WikiText, and models read ordinary text.`,
      'Convert it to a shard with `python -m leapformer prepare`.',
    );
  const file = readBytes(values.file);
  const shard = values.file.endsWith('.bin');
  const text = values.text ?? (shard ? undefined : values.file);
  const counted = text && values.tokens === undefined ? readBytes(text) : null;
  const all = shard
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
      ...(counted && figures(nats, counted)),
      backend: info.kind,
      msPerToken: (performance.now() - started) / scored,
    }),
  );
  backend.destroy();
});

/** The adapter in a folder. @throws EngineError 'input' if it belongs to another model */
function adapterIn(folder: string, { config, digest }: ModelData): Adapter {
  const files = [CONFIG_FILE, WEIGHTS_FILE].map((name) => readBytes(join(folder, name)));
  return readAdapter({ config: new TextDecoder().decode(files[0]), weights: files[1] }, config, digest);
}

/** The words and bytes of a text in UTF-8, with the perplexities at this loss. */
function figures(nats: number, bytes: ArrayBuffer) {
  const counter = new TextCounter();
  counter.add(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  const counts = counter.finish();
  return { ...counts, rawBytes: bytes.byteLength, ...perplexities(nats, counts, bytes.byteLength) };
}
