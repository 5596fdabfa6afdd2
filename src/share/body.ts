import type { Sampling } from '../model/sampling/sampling';
import { type Bytes, damaged, decodeUtf8, Reader, Writer } from './bytes';
import {
  MAX_RUNS,
  MAX_TOKENS,
  normalize,
  type Shared,
  type SharedRun,
  type SharedStart,
  samplingKey,
  textOf,
} from './shared';

/** The oldest version that can hold this text: only version 3 has saved states, and version 1 has no sequence penalty. */
export function versionOf({ runs, start, sampling }: Shared): number {
  if (start) return 3;
  const settings = [sampling, ...runs.map((run) => (run.source === 'sampled' ? run.sampling : null))];
  return settings.some((each) => each?.sequencePenalty) ? 2 : 1;
}

/**
 * The body of a link: everything but the text. Numbers are varints; lengths of text are in UTF-16 units.
 *   digest    32 bytes
 *   header    its length in bytes, then JSON: [id, settings, view], in version 3 followed by the saved state,
 *             [digest, name, model name, length, day]. Settings is a list of null (unknown) or
 *             [temperature, topK, topP, minP, repetitionPenalty, seed], from version 2 followed by sequencePenalty
 *             if it is not 0. The current settings come first, then others by first use
 *   runs      their number; then each:
 *     typed     2 * length
 *     sampled   2 * number of tokens + 1, index of its settings; then each token:
 *       known     2 * length: the id is that of the last token with the same text
 *       other     2 * length + 1, id
 */
export function encodeBody({ model, runs, start, sampling, view }: Shared): Bytes {
  const used = runs.flatMap((run) => (run.source === 'sampled' ? [samplingKey(run.sampling)] : []));
  const settings = [...new Set([samplingKey(sampling), ...used])];
  const indexOf = new Map(settings.map((key, index) => [key, index]));
  const table = settings.map((key) => JSON.parse(key));

  const writer = new Writer();
  writer.raw(Uint8Array.from(model.digest.match(/../g)!, (byte) => Number.parseInt(byte, 16)));
  const state = start ? [[start.digest, start.name, start.modelName, start.length, start.made]] : [];
  writer.block(new TextEncoder().encode(JSON.stringify([model.id, table, view, ...state])));
  writer.number(runs.length);
  const lastId = new Map<string, number>();
  for (const run of runs) {
    if (run.source === 'typed') {
      writer.number(2 * run.text.length);
      continue;
    }
    const { ids, lengths } = run.tokens;
    writer.number(2 * ids.length + 1);
    writer.number(indexOf.get(samplingKey(run.sampling))!);
    let at = 0;
    for (let t = 0; t < ids.length; t++) {
      const piece = run.text.slice(at, at + lengths[t]);
      const known = lastId.get(piece) === ids[t];
      writer.number(2 * lengths[t] + (known ? 0 : 1));
      if (!known) {
        writer.number(ids[t]);
        lastId.set(piece, ids[t]);
      }
      at += lengths[t];
    }
  }
  return writer.finish();
}

/**
 * Reads a body in bounded time and memory. It checks bounds and consistency with the text, but not that encodeBody would
 * write the same bytes: so links still open after a change of encodeBody or normalize.
 * @returns the value in normal form
 * @throws EngineError 'input', or the error of the check that failed.
 */
export function decodeBody(body: Bytes, text: string, version: number): Shared {
  const reader = new Reader(body);
  const digest = Array.from(reader.raw(32), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const { id, settings, view, start } = parseHeader(decodeUtf8(reader.block()), version);
  const runCount = atMost(MAX_RUNS, reader.number());
  let tokensLeft = MAX_TOKENS;
  let at = 0;
  const take = (length: number) => {
    at += length;
    return text.slice(at - length, at);
  };
  const lastId = new Map<string, number>();
  const readRun = (): SharedRun => {
    const head = reader.number();
    if (head % 2 === 0) return { source: 'typed', text: take(head / 2) };
    const sampling = settings[atMost(settings.length - 1, reader.number())];
    const ids = new Uint32Array(atMost(tokensLeft, (head - 1) / 2));
    const lengths = new Uint32Array(ids.length);
    tokensLeft -= ids.length;
    const start = at;
    for (let t = 0; t < ids.length; t++) {
      const token = reader.number();
      lengths[t] = token >>> 1;
      const piece = take(lengths[t]);
      if (token % 2 === 1) lastId.set(piece, reader.number());
      ids[t] = lastId.get(piece) ?? -1;
    }
    return { source: 'sampled', text: text.slice(start, at), tokens: { ids, lengths }, sampling };
  };
  const runs = Array.from({ length: runCount }, readRun);
  if (at !== text.length || reader.rest().length) throw damaged();
  const shared = normalize({ model: { id, digest }, runs, start, sampling: settings[0]!, view });
  if (textOf(shared) !== text) throw damaged(); // a run ends inside a character
  return shared;
}

function parseHeader(json: string, version: number) {
  const header = JSON.parse(json, (_name, value) => (value === 0 ? 0 : value)); // -0 is 0
  if (!Array.isArray(header) || header.length !== (version < 3 ? 3 : 4)) throw damaged();
  const [id, settings, view, state] = header;
  if (!Array.isArray(settings) || typeof view !== 'object' || Array.isArray(view)) throw damaged();
  const start = version < 3 ? undefined : parseStart(state);
  return { id, settings: settings.map((values) => parseSampling(values, version)), view, start };
}

function parseStart(values: unknown): SharedStart {
  if (!Array.isArray(values) || values.length !== 5) throw damaged();
  const [digest, name, modelName, length, made] = values;
  return { digest, name, modelName, length, made };
}

function parseSampling(values: unknown, version: number): Sampling | null {
  if (values === null) return null;
  if (!Array.isArray(values) || !values.every((value) => typeof value === 'number')) throw damaged();
  if (values.length !== 6 && (values.length !== 7 || version < 2)) throw damaged();
  const [temperature, topK, topP, minP, repetitionPenalty, seed, sequencePenalty = 0] = values;
  return { temperature, topK, topP, minP, repetitionPenalty, seed, sequencePenalty };
}

function atMost(limit: number, value: number): number {
  if (value > limit) throw damaged();
  return value;
}
