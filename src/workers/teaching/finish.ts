import { CONFIG_FILE, WEIGHTS_FILE, writeAdapter } from '../../model/finetuning/adapter-files';
import type { Learner } from '../../model/finetuning/learner';
import { adapterDigest, taughtModel } from '../../model/finetuning/taught-model';
import { cutsOf, type TeachingResult } from '../../model/finetuning/teaching';
import type { Model } from '../../model/runtime/folder';
import { measureForgetting } from './forgetting';
import type { Progress, Taught } from './messages';
import { keepTaught } from './taught-models';
import { compareWords, writeSample } from './try-out';

/** The text of a lesson, and its model. */
export interface LessonText {
  readonly model: Model;
  readonly learner: Learner;
  readonly tokens: readonly number[];
  /** The text of each token. */
  readonly pieces: readonly string[];
  /** The first tokens of the unseen part, for samples. */
  readonly prompt: readonly number[];
}

/** Measures what a lesson changed, and keeps the taught model. @param prose null if it did not load @throws EngineError */
export async function finishLesson(
  { model, learner, tokens, pieces, prompt }: LessonText,
  name: string,
  { adapter, base, taught, isMeasured }: TeachingResult,
  progress: Progress,
  prose: string | null,
  signal: AbortSignal,
): Promise<Taught> {
  const merged = await taughtModel(model, adapter, signal);
  const sample = { step: progress.step, text: await writeSample(merged, prompt, signal) };
  const { unseen } = cutsOf(tokens.length);
  const words = await compareWords([model, merged], tokens, pieces, unseen, signal);
  const forgetting = prose === null ? null : await measureForgetting(learner, model, adapter, prose, signal);
  const files = writeAdapter(adapter, model.config, { id: model.manifest.id, digest: model.digest });
  return keepTaught(
    {
      name: `${name} (${model.manifest.name})`.slice(0, 100),
      strength: 1,
      adapter: { digest: await adapterDigest(adapter), rank: adapter.rank, scale: adapter.scale },
      base: model.manifest,
      lesson: {
        tokens: tokens.length,
        base,
        taught,
        isMeasured,
        prompt: progress.prompt,
        samples: [progress.samples[0], sample],
        words,
        forgetting,
      },
    },
    { [CONFIG_FILE]: new Blob([files.config]), [WEIGHTS_FILE]: new Blob([files.weights]) },
  );
}
