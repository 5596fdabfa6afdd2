import type { Config } from '../model/core/config';
import { RECORD_SIZE, writeRecord } from '../model/sampling/sampling';
import { SeenTokens } from '../model/sampling/seen';
import type { Emit } from './events';
import type { DescribeEvent, DescribeRequest } from './messages';
import type { TextStream } from './text-stream';

/**
 * Scores tokens of a text by rereading them. `tokens` is the whole text with the initial `<|endoftext|>`; the request's
 * positions are counted without it.
 */
export async function describe(
  config: Config,
  text: TextStream,
  tokens: readonly number[],
  { from, to, sampling }: Pick<DescribeRequest, 'from' | 'to' | 'sampling'>,
  signal: AbortSignal,
  emit: Emit<DescribeEvent>,
): Promise<void> {
  const [first, end] = [Math.max(from, 0) + 1, Math.min(to + 1, tokens.length)];
  const progress = () => ({ type: 'reading', read: text.tokens.length, total: end }) as const;
  const tell = { report: () => emit(progress()), offer: () => emit.offer(progress()) };
  await text.moveTo(tokens.slice(0, first), signal, tell);
  const records = (at: number, records: Float32Array) => emit({ type: 'records', from: at - 1, records });
  if (!sampling) return text.moveTo(tokens.slice(0, end), signal, { ...tell, records });

  // One decode step per token, because the sampler needs the logits.
  for (let at = first; at < end && !signal.aborted; at++) {
    await text.moveTo(tokens.slice(0, at), signal);
    const { logits, seen } = await text.streams.snapshot();
    const record = new Float32Array(RECORD_SIZE);
    writeRecord(record, 0, logits, tokens[at], sampling, new SeenTokens(config, seen).now());
    await records(at, record);
  }
}
