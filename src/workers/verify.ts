import type { Config } from '../model/core/config';
import { type Backend, type Logits, type Streams, splitRows } from '../model/runtime/backend';
import type { Model } from '../model/runtime/folder';
import { Pace } from '../model/runtime/pace';
import { judge } from '../model/sampling/judge';
import type { Sampling } from '../model/sampling/sampling';
import { SeenTokens } from '../model/sampling/seen';
import type { Encoded } from '../model/text/encoded';
import { StreamingDecoder } from '../model/text/vocabulary';
import { type Beginning, openBeginning } from './beginning';
import { encodeRuns } from './encode';
import type { Finding, Verification, VerifyEvent, VerifyRequest } from './messages';

/** Verifies a text: compares its words with its tokens, and its drawn tokens with the model. */
export async function verifyText(
  model: Model,
  backend: Backend,
  { start, runs }: VerifyRequest,
  signal: AbortSignal,
  onEvent: (event: VerifyEvent) => void,
): Promise<Verification> {
  const { config } = model;
  const parts: Part[] = runs.map(({ ids, drawnWith }) => ({ ids: ids ?? [], drawnWith }));
  const requested = runs.map(({ text, ids }) => (ids ? { ids } : { text }));
  const beginning = await openBeginning(model, start);
  const onEncoded = (run: number, { ids }: Encoded) => {
    parts[run] = { ids, drawnWith: null };
  };
  const tokens = await encodeRuns(model, beginning, requested, signal, onEncoded);
  const streams = await backend.open(1);
  try {
    const onProgress = (checked: number, total: number) => onEvent({ type: 'verifying', checked, total });
    const checked = await verifyTokens(streams, config, tokens ? parts : [], signal, onProgress, beginning);
    return { ...checked, isFaithful: isFaithful(model, runs, parts), stopped: signal.aborted };
  } finally {
    streams.close();
  }
}

function isFaithful({ tokenizer }: Model, runs: VerifyRequest['runs'], parts: readonly Part[]): boolean {
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
 * Reads a text and judges each drawn token against the logits before it. Stops early when the signal aborts.
 * @param streams an empty stream
 * @param beginning of the text, before the parts
 */
export async function verifyTokens(
  streams: Streams,
  config: Config,
  parts: readonly Part[],
  signal: AbortSignal,
  onProgress: (checked: number, total: number) => void = () => {},
  beginning: Beginning = { tokens: [config.bosTokenId], snapshot: null },
): Promise<{ counts: Verification['counts']; findings: readonly Finding[] }> {
  const { snapshot } = beginning;
  const tokens = [...beginning.tokens];
  const begin = tokens.length;
  const samplings: (Sampling | null)[] = new Array(begin).fill(null); // the settings of each token's draw
  for (const { ids, drawnWith } of parts)
    for (let i = 0; i < ids.length; i++) {
      tokens.push(ids[i]);
      samplings.push(drawnWith);
    }
  const total = samplings.filter((sampling) => sampling !== null).length;
  const counts = { exact: 0, margin: 0, cutoff: 0, different: 0 };
  const findings: Finding[] = [];
  const seen = new SeenTokens(config, snapshot?.seen);
  const pace = new Pace();
  let seenCount = begin;
  let checked = 0;

  /** Judges the token after each row. The first row follows the token at `from`. */
  const judgeRows = async (from: number, rows: Logits) => {
    for (const [row, logits] of splitRows(rows, config.vocabSize).entries()) {
      const draw = from + row + 1;
      const sampling = samplings[draw];
      if (!sampling || signal.aborted) return;
      while (seenCount < draw) seen.add(tokens[seenCount++]);
      const judgement = judge(logits, sampling, draw, seen.now(), tokens[draw]);
      counts[judgement.verdict]++;
      if (judgement.verdict !== 'exact' && findings.length < MOST_FINDINGS)
        findings.push({ ...judgement, id: tokens[draw], number: draw - begin });
      checked++;
      if (!pace.isDue) continue;
      onProgress(checked, total);
      await pace.yield(); // lets Stop arrive
    }
  };

  const last = tokens.length - 1;
  if (snapshot) {
    await streams.restore(snapshot);
    await judgeRows(begin - 1, await streams.logits());
  }
  const needsLogits = (at: number) => samplings[Math.min(at + 1, last)] !== null;
  for (let at = snapshot ? begin : 0; at <= last && !signal.aborted; ) {
    const start = at;
    const judges = needsLogits(start);
    while (at <= last && needsLogits(at) === judges) at++;
    const onLogits = (from: number, rows: Logits) => judgeRows(start + from, rows);
    await streams.read(tokens.slice(start, at), { signal, ...(judges && { onLogits }) });
  }
  return { counts, findings };
}
