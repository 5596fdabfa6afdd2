import type { Snapshot } from '../../src/model/runtime/snapshot';
import type { GpuCalls } from '../../tests/count-gpu-calls';
import type { LeapformerContender } from './leapformer';
import type { Flatness, Place } from './measurements';
import { callsPerToken } from './timing';

const NEAR = 64;
const FAR = 65536;

/** Snapshots after NEAR and FAR tokens, after reading all of them: `text` repeated. */
export async function readFar(
  reader: LeapformerContender,
  text: readonly number[],
  onProgress: (tokens: number) => void,
): Promise<{ near: Snapshot; far: Snapshot }> {
  const tokens = Array.from({ length: FAR }, (_, i) => text[i % text.length]);
  await reader.reset();
  await reader.read(tokens.slice(0, NEAR));
  const near = await reader.snapshot();
  for (let at = NEAR; at < FAR; at += 4096) {
    onProgress(at);
    await reader.read(tokens.slice(at, Math.min(at + 4096, FAR)));
  }
  return { near, far: await reader.snapshot() };
}

/** Decodes from both snapshots, alternating which goes first. `clock` returns milliseconds. */
export async function measureFlatness(
  name: string,
  contender: LeapformerContender,
  snapshots: { readonly near: Snapshot; readonly far: Snapshot },
  tokens: number,
  pairs: number,
  calls: () => GpuCalls,
  clock = () => performance.now(),
): Promise<Flatness> {
  const place = async (snapshot: Snapshot): Promise<Place & { decode: number[] }> => {
    await contender.goTo(snapshot);
    const before = calls();
    await contender.decode(tokens);
    return {
      position: snapshot.length,
      decode: [],
      calls: callsPerToken(before, calls(), tokens),
      memory: contender.backend.memory(),
    };
  };
  const near = await place(snapshots.near);
  const far = await place(snapshots.far);
  const sample = async (snapshot: Snapshot, { decode }: { decode: number[] }) => {
    await contender.goTo(snapshot);
    const started = clock();
    await contender.decode(tokens);
    decode.push((clock() - started) / tokens);
  };
  for (let pair = 0; pair < pairs; pair++) {
    const order = [() => sample(snapshots.near, near), () => sample(snapshots.far, far)];
    for (const run of pair % 2 ? order.reverse() : order) await run();
  }
  return { name, near, far };
}
