/**
 * Writes example.json, the first text that a visitor sees: node scripts/run.mjs scripts/make-example.ts
 * Run it again whenever the first model of public/weights/index.json changes, because token ids belong to a model.
 */
import { writeFile } from 'node:fs/promises';
import { loadModel } from '../src/model/runtime/folder';
import { ReferenceBackend } from '../src/model/runtime/reference-backend';
import { countRecords, readRecord } from '../src/model/sampling/records';
import { StreamingDecoder } from '../src/model/text/vocabulary';
import { firstModel, readFolder } from './node';

const BEGINNING = `= Northern Lines =

Northern Lines is the third studio album by the English rock band The Tidewater, released on 3 March 1978.

= = Reception = =

The album`;
const SAMPLING = {
  temperature: 0.6,
  topK: 0,
  topP: 0.95,
  minP: 0.1,
  repetitionPenalty: 1.1,
  sequencePenalty: 1,
  seed: 10,
};
const LENGTH = 200; // tokens, then cut to the last complete sentence

const model = await loadModel(readFolder(firstModel()));

const streams = await new ReferenceBackend(model).open(1);
const typed = model.tokenizer.encode(BEGINNING);
await streams.read([model.config.bosTokenId, ...typed.ids]);
const request = { sampling: SAMPLING, maxTokens: LENGTH, stopTokens: [model.config.bosTokenId] };
const tokens: { id: number; text: string; chances: number[] }[] = [];
const decoder = new StreamingDecoder((id) => model.tokenizer.bytes[id]);
for await (const [{ records }] of streams.decode([request]))
  for (let i = 0; i < countRecords(records); i++) {
    const { id, logProbability, rank, probability } = readRecord(records, i);
    const chances = [Number(logProbability.toFixed(4)), rank, Number(probability.toFixed(4))];
    tokens.push({ id, text: decoder.push(id), chances });
  }

const sampled = tokens.slice(0, 1 + tokens.findLastIndex(({ text }) => text === '.'));
const example = {
  model: { id: model.manifest.id, digest: model.digest },
  typed: { text: BEGINNING, ids: [...typed.ids], lengths: [...typed.lengths] },
  sampled: {
    text: sampled.map(({ text }) => text).join(''),
    ids: sampled.map(({ id }) => id),
    lengths: sampled.map(({ text }) => text.length),
    chances: sampled.map(({ chances }) => chances),
    sampling: SAMPLING,
  },
};
await writeFile('src/app/example.json', `${JSON.stringify(example)}\n`);
console.log(BEGINNING + example.sampled.text);
