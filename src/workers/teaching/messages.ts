import type { Losses, TeachingSettings } from '../../model/finetuning/teaching';
import type { Manifest } from '../../model/runtime/folder';
import type { ModelFiles } from '../../model/runtime/model-files';
import type { BackendInfo } from '../messages';
import type { ModelSource } from '../model-source';
import type { Speed } from './estimate';
import type { Forgetting } from './forgetting';

/** Messages between the page and the worker that teaches, as plain data. */

export interface NamedText {
  readonly name: string;
  readonly file: Blob;
}

export interface LessonRequest {
  readonly model: ModelSource;
  readonly texts: readonly NamedText[];
  /** The taught model that learns more; its base is `model`. */
  readonly from?: Pick<Taught, 'model' | 'files'>;
}

/** A lesson that is ready to begin, or to continue. */
export interface Prepared {
  /** Of the lesson, which keeps its checkpoints apart from those of other tabs. */
  readonly id: string;
  readonly name: string;
  readonly model: Manifest;
  readonly tokens: number;
  /** Of this device. */
  readonly speed: Speed;
}

/** Everything that the page shows of a lesson. Losses are in nats per token. */
export interface Progress {
  readonly phase: 'reading' | 'learning' | 'measuring';
  /** Segments that the model has learned from, and those of all rounds. */
  readonly step: number;
  readonly steps: number;
  /** Of the base on each segment that it learns from. */
  readonly base: readonly number[];
  /** Of each segment before the model learned from it. */
  readonly learned: readonly number[];
  /** Of the deciding part, first of the base. */
  readonly decided: readonly { readonly step: number; readonly loss: number }[];
  readonly prompt: string;
  /** Continuations of the prompt with the same seed: the first by the base, and the newest. */
  readonly samples: readonly Sample[];
  readonly tokensPerSecond: number | null;
  readonly secondsLeft: number | null;
  /** On which it learns, and why; null before it begins. */
  readonly backend: BackendInfo | null;
  /** Whether a reload can continue the lesson; null before the first checkpoint. */
  readonly isKept: boolean | null;
}

export interface Sample {
  readonly step: number;
  readonly text: string;
}

/** What a lesson changed, measured on the part of the text that the model never learned from. */
interface Lesson {
  readonly tokens: number;
  readonly base: Losses;
  readonly taught: Losses;
  /** Whether the text is long enough for a claim about the gain. */
  readonly isMeasured: boolean;
  readonly prompt: string;
  readonly samples: readonly Sample[];
  readonly words: readonly Word[];
  /** Null if the prose did not load. */
  readonly forgetting: Forgetting | null;
}

/** A word of the unseen part, and how much better the model predicts it now, in nats. */
export interface Word {
  readonly text: string;
  readonly gain: number;
}

/** An adapter that is kept, as the page lists it. */
export interface TaughtModel {
  readonly name: string;
  /** A factor of the adapter's scale, from 0 to 1.5. */
  readonly strength: number;
  readonly adapter: { readonly digest: string; readonly rank: number; readonly scale: number };
  /** The manifest of the base model. */
  readonly base: Manifest;
  /** Null for an adapter from a file. */
  readonly lesson: Lesson | null;
}

export interface Taught {
  readonly model: TaughtModel;
  /** The two files of the adapter, and `model` as manifest.json. */
  readonly files: ModelFiles;
  /** False if the browser does not let the page keep them. */
  readonly isKept: boolean;
}

/** A lesson that was interrupted, as its checkpoint describes it. */
export interface SavedLesson {
  readonly id: string;
  readonly name: string;
  /** The manifest of the model that it teaches. */
  readonly model: Manifest;
  readonly settings: TeachingSettings;
  readonly progress: Progress;
}

export interface FoundLesson extends SavedLesson {
  /** Another tab has it open. */
  readonly isElsewhere: boolean;
}
