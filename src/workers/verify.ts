import type { Config } from '../model/core/config';
import type { Backend, Streams } from '../model/runtime/backend';
import type { Model } from '../model/runtime/folder';
import { Pace } from '../model/runtime/pace';
import { judge } from '../model/sampling/judge';
import type { Sampling } from '../model/sampling/sampling';
import { SeenTokens } from '../model/sampling/seen';
import { numberAt } from '../model/text/token-index';
import { StreamingDecoder } from '../model/text/vocabulary';
import { encodeRuns } from './encode';
import type { Finding, Verification, VerifyEvent, VerifyRun } from './messages';

/** Verifies a text: compares its words with its tokens, and its drawn tokens with the model. */
export async function verifyText(
  model: Model,
  backend: Backend,
  runs: readonly VerifyRun[],
  signal: AbortSignal,
  onEvent: (event: VerifyEvent) => void,
): Promise<Verification> {
  const { config } = model;
  const parts: Part[] = runs.map(({ ids, drawnWith }) => ({ ids: ids ?? [], drawnWith }));
  const requested = runs.map(({ text, ids }) => (ids ? { ids } : { text }));
  const tokens = await encodeRuns(model, requested, signal, (run, { ids }) => {
    parts[run] = { ids, drawnWith: null };
  });
  const streams = await backend.open(1);
  try {
    const onProgress = (checked: number, total: number) => onEvent({ type: 'verifying', checked, total });
    const checked = await verifyTokens(streams, config, tokens ? parts : [], signal, onProgress);
    return { ...checked, isFaithful: isFaithful(model, runs, parts), stopped: signal.aborted };
  } finally {
    streams.close();
  }
}

function isFaithful({ tokenizer }: Model, runs: readonly VerifyRun[], parts: readonly Part[]): boolean {
  const before: number[] = [];
  return runs.every(({ text, ids }, run) => {
    const decoder = new StreamingDecoder((id) => tokenizer.bytes[id] ?? new Uint8Array(), before);
    for (const id of Array.from(parts[run].ids)) before.push(id);
    return !ids || Array.from(ids, (id) => decoder.push(id)).join('') === text;
  });
}

/** Consecutive tokens and the settings of their draws; null for typed tokens, and for tokens that cannot be verified. */
export interface Part {
  readonly ids: ArrayLike<number>;
  readonly drawnWith: Sampling | null;
}

const MOST_FINDINGS = 100;

/**
 * Reads a text token by token, and judges each drawn token against the logits before it. `streams` must be empty; it ends
 * after the last token, or where the signal stopped it.
 */
export async function verifyTokens(
  streams: Streams,
  config: Config,
  parts: readonly Part[],
  signal: AbortSignal,
  onProgress: (checked: number, total: number) => void = () => {},
): Promise<{ counts: Verification['counts']; findings: readonly Finding[] }> {
  const counts = { exact: 0, margin: 0, cutoff: 0, different: 0 };
  const findings: Finding[] = [];
  const seen = new SeenTokens(config);
  const total = parts.reduce((sum, { ids, drawnWith }) => sum + (drawnWith ? ids.length : 0), 0);
  const pace = new Pace();
  let checked = 0;
  await streams.read([config.bosTokenId]);
  for (const { ids, drawnWith } of parts) {
    if (!drawnWith) {
      await streams.read(ids, { signal });
      for (let i = 0; i < ids.length; i++) seen.add(ids[i]);
    } else
      for (let i = 0; i < ids.length && !signal.aborted; i++) {
        const id = ids[i];
        const draw = streams.length();
        const judgement = judge(await streams.logits(), drawnWith, draw, seen.now(), id);
        counts[judgement.verdict]++;
        if (judgement.verdict !== 'exact' && findings.length < MOST_FINDINGS)
          findings.push({ ...judgement, id, number: numberAt(draw) });
        await streams.read([id]);
        seen.add(id);
        checked++;
        if (!pace.isDue) continue;
        onProgress(checked, total);
        await pace.yield(); // lets Stop arrive
      }
    if (signal.aborted) break;
  }
  return { counts, findings };
}
