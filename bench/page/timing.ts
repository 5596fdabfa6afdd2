import type { GpuCalls } from '../../tests/count-gpu-calls';
import type { Contender } from './contender';
import type { Calls } from './measurements';

/** Milliseconds per decoded token of `contender`, from its mark. */
export async function timeDecode(
  contender: Contender,
  count: number,
): Promise<{ ms: number; ids: number[] }> {
  await contender.rewind();
  const started = performance.now();
  const ids = await contender.decode(count);
  return { ms: (performance.now() - started) / count, ids };
}

/** Milliseconds per prefilled token, from an empty stream. */
export async function timePrefill(contender: Contender, tokens: readonly number[]): Promise<number> {
  await contender.reset();
  const started = performance.now();
  await contender.read(tokens);
  return (performance.now() - started) / tokens.length;
}

export function callsPerToken(before: GpuCalls, after: GpuCalls, tokens: number): Calls {
  return {
    dispatches: (after.dispatches - before.dispatches) / tokens,
    submits: (after.submits - before.submits) / tokens,
    maps: (after.maps - before.maps) / tokens,
    created: (after.created - before.created) / tokens,
  };
}
