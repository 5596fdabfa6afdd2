import { withReweighting } from '../../model/core/variant';
import { klDivergence } from '../../model/lens/measures';
import { LensWindow, WINDOW } from '../../model/lens/window';
import {
  type Backend,
  type Logits,
  type ModelData,
  type Streams,
  splitRows,
} from '../../model/runtime/backend';
import { cancelled } from '../../model/runtime/errors';
import { Pace } from '../../model/runtime/pace';
import { logSumExp } from '../../model/sampling/sampling';
import type { CounterfactualAnswer, RunAnswer } from './messages';

/** A run of the model with another re-weighting from an empty state, and the unchanged model's predictions of the same tokens. */
export interface Runs {
  readonly start: number;
  readonly count: number;
  readonly staticLength: number | null;
  /** The captures of the changed run. */
  readonly window: LensWindow;
  /** Loss of each token in the unchanged and in the changed run, in nats. */
  readonly losses: readonly [Float32Array, Float32Array];
  readonly divergence: Float32Array;
}

const PART = 128; // tokens that are captured, or whose logits are compared, at once

/**
 * Runs both models over `tokens`, at most WINDOW of them. The second backend exists only during the call.
 * @param start position of the first token in the text, only for labels
 * @throws EngineError 'cancelled' | 'device'
 */
export async function runBoth<M extends ModelData>(
  model: M,
  backend: Backend,
  createBackend: (variant: M) => Promise<Backend>,
  reweighting: 'static' | 'none',
  tokens: readonly number[],
  start: number,
  signal: AbortSignal,
): Promise<Runs> {
  const variant = withReweighting(model, reweighting, WINDOW);
  const other = await createBackend(variant);
  const opened: Streams[] = [];
  try {
    const open = async (on: Backend) => {
      const streams = await on.open(1);
      opened.push(streams);
      return streams;
    };
    const [mine, theirs] = [await open(backend), await open(other)];
    const window = await capture(theirs, new LensWindow(variant.config, start), tokens, signal);
    const { losses, divergence } = await predict(mine, theirs, tokens, model.config.vocabSize, signal);
    const staticLength = reweighting === 'static' ? WINDOW : null;
    return { start, count: tokens.length, staticLength, window, losses, divergence };
  } finally {
    for (const streams of opened) streams.close();
    other.destroy();
  }
}

/** Reads the tokens on two empty streams, and compares the predictions of each token. */
async function predict(
  mine: Streams,
  theirs: Streams,
  tokens: readonly number[],
  vocabSize: number,
  signal: AbortSignal,
) {
  const losses = [new Float32Array(tokens.length), new Float32Array(tokens.length)] as const;
  const divergence = new Float32Array(tokens.length);
  const pace = new Pace();
  await mine.restore(null);
  await theirs.restore(null);
  for (let start = 0; start < tokens.length && !signal.aborted; start += PART) {
    const part = tokens.slice(start, start + PART);
    const learned: Logits[] = []; // after each token of the part
    await mine.read(part, {
      signal,
      onLogits: (_, rows) => void learned.push(...splitRows(rows, vocabSize)),
    });
    const compare = async (from: number, rows: Logits) => {
      for (const [row, q] of splitRows(rows, vocabSize).entries()) {
        const p = learned[from + row];
        if (signal.aborted || !p) return;
        const t = start + from + row;
        divergence[t] = klDivergence(p, q);
        if (t + 1 < tokens.length)
          for (const [n, logits] of [p, q].entries())
            losses[n][t + 1] = logSumExp(logits) - logits[tokens[t + 1]];
        if (pace.isDue) await pace.yield();
      }
    };
    await theirs.read(part, { signal, onLogits: compare });
  }
  if (signal.aborted) throw cancelled();
  return { losses, divergence };
}

/** The answer, as copies, because answers are transferred. */
export function answerCounterfactual({
  start,
  count,
  staticLength,
  losses,
  divergence,
}: Runs): CounterfactualAnswer {
  const [learned, changed] = losses.map((run): RunAnswer => {
    const mean = run.reduce((sum, loss) => sum + loss, 0) / Math.max(count - 1, 1);
    return { losses: run.slice(), perplexity: Math.exp(mean) };
  });
  return { start, count, staticLength, divergence: divergence.slice(), learned, changed };
}

async function capture(
  streams: Streams,
  window: LensWindow,
  tokens: readonly number[],
  signal: AbortSignal,
): Promise<LensWindow> {
  for (let at = 0; at < tokens.length; at += PART)
    window.append(await streams.capture(tokens.slice(at, at + PART), { signal }));
  return window;
}
