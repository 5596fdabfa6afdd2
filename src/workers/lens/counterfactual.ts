import { withReweighting } from '../../model/core/variant';
import { headMatrix, klDivergence } from '../../model/lens/measures';
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

/** Two runs over the same tokens from an empty state: the unchanged model, and the model with another re-weighting. */
export interface Runs {
  readonly start: number;
  readonly count: number;
  readonly staticLength: number | null;
  readonly learned: Run;
  readonly changed: Run;
  readonly divergence: Float32Array;
}

interface Run {
  readonly window: LensWindow;
  readonly losses: Float32Array;
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
    const windows = [
      await capture(mine, new LensWindow(model.config, start), tokens, signal),
      await capture(theirs, new LensWindow(variant.config, start), tokens, signal),
    ];
    const { losses, divergence } = await predict(mine, theirs, tokens, model.config.vocabSize, signal);
    const [learned, changed] = windows.map((window, n) => ({ window, losses: losses[n] }));
    const staticLength = reweighting === 'static' ? WINDOW : null;
    return { start, count: tokens.length, staticLength, learned, changed, divergence };
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
  const losses = [new Float32Array(tokens.length), new Float32Array(tokens.length)];
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

/** The answer for one head from both runs. */
export async function answerCounterfactual(
  { start, count, staticLength, learned, changed, divergence }: Runs,
  layer: number,
  head: number,
  signal: AbortSignal,
): Promise<CounterfactualAnswer> {
  const answer = async ({ window, losses }: Run): Promise<RunAnswer> => {
    const matrix = await headMatrix(window.head(layer, head), 'share', signal);
    if (!matrix) throw cancelled();
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / Math.max(count - 1, 1);
    return { values: matrix.values, losses: losses.slice(), perplexity: Math.exp(mean) };
  };
  return {
    start,
    count,
    staticLength,
    divergence: divergence.slice(), // a copy, because answers are transferred
    learned: await answer(learned),
    changed: await answer(changed),
  };
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
