import type { Config } from '../model/core/config';
import { type Logits, splitRows } from '../model/runtime/backend';
import { Pace } from '../model/runtime/pace';
import { makeRecords, type TokenRecord } from '../model/sampling/records';
import { describeToken } from '../model/sampling/sampling';
import { SeenTokens } from '../model/sampling/seen';
import type { Beginning } from './beginning';
import type { Emit } from './events';
import type { ScoreEvent, ScoreRequest } from './messages';
import type { TextStream } from './text-stream';

/** The part of a text to score. */
interface Scored extends Pick<ScoreRequest, 'from' | 'to' | 'sampling'> {
  /** The whole text with its beginning, which `from` and `to` do not count. */
  readonly tokens: readonly number[];
  readonly beginning: Beginning;
}

/** Reads tokens of a text again and emits their records. */
export async function scoreTokens(
  config: Config,
  text: TextStream,
  { tokens, beginning, from, to, sampling }: Scored,
  signal: AbortSignal,
  emit: Emit<ScoreEvent>,
): Promise<void> {
  const begin = beginning.tokens.length;
  const [first, end] = [Math.max(from, 0) + begin, Math.min(to + begin, tokens.length)];
  const progress = () => ({ type: 'reading', read: text.tokens.length, total: end }) as const;
  const options = { report: () => emit(progress()), offer: () => emit.offer(progress()) };
  const onRecords = (at: number, records: Float32Array) =>
    emit({ type: 'records', from: at - begin, records });
  await text.moveTo(tokens.slice(0, first), signal, options);
  if (!sampling) return text.moveTo(tokens.slice(0, end), signal, { ...options, onRecords });
  if (signal.aborted || first >= end) return;

  const seen = new SeenTokens(config, beginning.snapshot?.seen);
  for (const id of tokens.slice(begin, first)) seen.add(id);
  const pace = new Pace();
  /** Emits the records of the tokens after the rows. */
  const onLogits = async (at: number, rows: Logits) => {
    const records: TokenRecord[] = [];
    for (const [row, logits] of splitRows(rows, config.vocabSize).entries()) {
      const id = tokens[at + row + 1];
      records.push(describeToken(logits, id, sampling, seen.now()));
      seen.add(id);
      if (pace.isDue) await pace.yield();
    }
    await onRecords(at + 1, makeRecords(records));
  };
  await onLogits(first - 1, await text.streams.logits());
  await text.moveTo(tokens.slice(0, end - 1), signal, { ...options, onLogits });
}
