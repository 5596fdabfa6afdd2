import type { Backend, Streams } from '../../model/runtime/backend';
import { cancelled } from '../../model/runtime/errors';
import type { Model } from '../../model/runtime/folder';
import { idsOf, logProbabilitiesOf } from '../../model/sampling/records';
import { StreamingDecoder } from '../../model/text/vocabulary';
import { createBackend } from '../backends';
import type { Word } from './messages';

/** What a model writes and how well it predicts, on a backend that is started for it. */

const SAMPLE_TOKENS = 40;
const SEED = 1;
/** Tokens that are read before words are compared. */
const CONTEXT = 512;
const COMPARED = 600;

/** A continuation of the prompt, always with the same seed. @throws EngineError */
export function writeSample(model: Model, prompt: readonly number[], signal: AbortSignal): Promise<string> {
  return onBackend(model, signal, async (streams) => {
    await streams.read(prompt);
    const request = {
      sampling: { ...model.manifest.sampling, seed: SEED },
      maxTokens: SAMPLE_TOKENS,
      stopTokens: [],
    };
    const decoder = new StreamingDecoder((id) => model.tokenizer.bytes[id]);
    let text = '';
    for await (const [{ records }] of streams.decode([request], { signal }))
      for (const id of idsOf(records)) text += decoder.push(id);
    return text;
  });
}

/**
 * The words of a text from a token on, with the gain of the second model.
 * @param tokens from `<|endoftext|>` on
 * @param pieces the text of each token
 */
export async function compareWords(
  models: readonly [Model, Model],
  tokens: readonly number[],
  pieces: readonly string[],
  from: number,
  signal: AbortSignal,
): Promise<Word[]> {
  const to = Math.min(from + COMPARED, tokens.length);
  const [base, taught] = [
    await logProbabilities(models[0], tokens, from, to, signal),
    await logProbabilities(models[1], tokens, from, to, signal),
  ];
  return wordsOf(
    pieces.slice(from, to),
    taught.map((value, i) => value - base[i]),
  );
}

/** Joins tokens to words. White space belongs to the word after it. */
export function wordsOf(pieces: readonly string[], gains: readonly number[]): Word[] {
  const words: { text: string; gain: number }[] = [];
  for (const [i, text] of pieces.entries()) {
    const last = words.at(-1);
    if (!last || (/^\s/.test(text) && /\S/.test(last.text))) words.push({ text, gain: gains[i] });
    else {
      last.text += text;
      last.gain += gains[i];
    }
  }
  return words;
}

function logProbabilities(
  model: Model,
  tokens: readonly number[],
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<number[]> {
  return onBackend(model, signal, async (streams) => {
    await streams.read(tokens.slice(Math.max(0, from - CONTEXT), from), { signal });
    const { records } = await streams.read(tokens.slice(from, to), { records: true, signal });
    return logProbabilitiesOf(records!);
  });
}

/** @throws EngineError 'cancelled' if the signal aborts */
async function onBackend<T>(
  model: Model,
  signal: AbortSignal,
  work: (streams: Streams) => Promise<T>,
): Promise<T> {
  let backend: Backend | null = null;
  try {
    const started = await createBackend(model, 'cpu', undefined, { signal });
    backend = started.backend;
    if (signal.aborted) throw cancelled();
    const result = await work(started.streams);
    if (signal.aborted) throw cancelled();
    return result;
  } finally {
    backend?.destroy();
  }
}
