import type { Config } from '../model/core/config';
import { makeRecords } from '../model/sampling/records';
import { describeToken } from '../model/sampling/sampling';
import { SeenTokens } from '../model/sampling/seen';
import type { Emit } from './events';
import type { DescribeEvent, DescribeRequest } from './messages';
import type { TextStream } from './text-stream';

/**
 * Says how well the model predicted tokens of a text, by reading them again. `tokens` is the whole text, the opening
 * `<|endoftext|>` included; the request's places are counted without it.
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

  // As the sampler would have seen them: from the logits themselves, one by one.
  for (let at = first; at < end && !signal.aborted; at++) {
    await text.moveTo(tokens.slice(0, at), signal);
    const { logits, seen } = await text.streams.snapshot();
    const before = new SeenTokens(config, seen).now();
    await records(at, makeRecords([describeToken(logits, tokens[at], sampling, before)]));
  }
}
