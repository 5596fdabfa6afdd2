import { expose } from 'comlink';
import type { TeachingSettings } from '../../model/finetuning/teaching';
import { EngineError } from '../../model/runtime/errors';
import type { ModelFiles } from '../../model/runtime/model-files';
import type { BackendChoice } from '../messages';
import type { ModelSource } from '../model-source';
import { readUrl } from '../read-url';
import { outcome } from '../service';
import { readProse } from './forgetting';
import { baseDigest, importAdapter } from './import-adapter';
import { createLearner } from './learners';
import { forgetLesson, keepLesson, openLesson } from './lesson-files';
import { claimLesson } from './lesson-lock';
import type { LessonRequest, Progress, TaughtModel } from './messages';
import { keepChange } from './taught-models';
import { Teacher } from './teacher';

let backend: BackendChoice = 'auto';

const teacher = new Teacher({
  readFile: readUrl,
  createLearner: (model, rank) => createLearner(model, rank, backend, navigator.gpu),
  keepLesson,
  forgetLesson,
  readProse,
  claimLesson,
});

const service = {
  /** The backend on which lessons run from now on. */
  setBackend: (choice: BackendChoice) => {
    backend = choice;
  },
  open: (request: LessonRequest) => outcome(teacher.open(request)),
  resume: (model: ModelSource, id: string) => outcome(resume(model, id)),
  teach: (settings: TeachingSettings, onProgress: (progress: Progress) => void) =>
    outcome(teacher.teach(settings, onProgress)),
  conclude: (onProgress: (progress: Progress) => void) => outcome(teacher.conclude(onProgress)),
  stop: () => teacher.stop(),
  baseDigest: (files: ModelFiles) => outcome(baseDigest(files)),
  importAdapter: (files: ModelFiles, base: ModelSource, name: string) =>
    outcome(importAdapter(files, base, name, readUrl)),
  keepChange: (model: TaughtModel) => outcome(keepChange(model)),
};
export type TeachService = typeof service;

async function resume(model: ModelSource, id: string) {
  await claimLesson(id);
  const lesson = await openLesson(id);
  if (lesson) return teacher.resume(model, lesson);
  throw new EngineError('input', 'The interrupted lesson is gone.', 'Choose the text again.');
}

expose(service);
