import { cancelled, EngineError } from '../../model/runtime/errors';
import type { IndexEntry } from '../../model/runtime/model-index';
import { createEngine } from '../../workers/client';
import type { BackendChoice, ScoreTextEvent } from '../../workers/messages';
import { sourceOf } from '../models';
import type { ListedText } from '../store/pasted-texts';
import type { Row } from './report';
import { Sentences } from './sentences';

/** A model that scores texts; its id is its name in the address. */
export type ScoringModel = Pick<IndexEntry, 'id' | 'name' | 'digest' | 'bytes'>;

export interface Progress {
  readonly label: string;
  /** From 0 to 1 over all texts and models. */
  readonly part: number;
}

interface Request {
  readonly files: readonly ListedText[];
  readonly models: readonly ScoringModel[];
  readonly backend: BackendChoice;
}

/**
 * Scores each text with each model, one after the other, in a worker of its own. A text that the signal stops has the score
 * of its beginning, and ends the run.
 * @throws EngineError
 */
export async function scoreAll(
  { files, models, backend }: Request,
  onRow: (row: Row) => void,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const steps = models.length * files.length;
  let step = 0;
  for (const { id, name, digest } of models) {
    const engine = createEngine();
    try {
      const tell = (label: string, done: number) => onProgress({ label, part: (step + done) / steps });
      await engine.load(
        { model: await sourceOf(id), backend },
        ({ bytes, total }) => tell(`Loading ${name}: ${Math.floor((100 * bytes) / total)}%`, 0),
        signal,
      );
      for (const { name: text, file } of files) {
        const label = `${name} reads ${text}`;
        // Units are at most bytes, so the part is a lower bound.
        const sentences = new Sentences();
        const onEvent = (event: ScoreTextEvent) => {
          if (event.type !== 'scored') return;
          sentences.add(event.sentences);
          tell(label, Math.min(1, event.units / file.size));
        };
        tell(label, 0);
        const score = await engine.scoreText({ file }, onEvent, signal).catch((error: EngineError) => {
          throw error.code === 'input'
            ? new EngineError('input', `${text}: ${error.message}`, error.remedy)
            : error;
        });
        if (score.tokens > 0) onRow({ text, model: { id, name, digest }, score, sentences });
        if (signal.aborted) throw cancelled();
        step++;
      }
    } finally {
      engine.dispose();
    }
  }
}
