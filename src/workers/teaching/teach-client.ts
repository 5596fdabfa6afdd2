import { type Remote, wrap } from 'comlink';
import type { TeachingSettings } from '../../model/finetuning/teaching';
import { EngineError } from '../../model/runtime/errors';
import type { ModelFiles } from '../../model/runtime/model-files';
import { openListeners } from '../listeners';
import type { BackendChoice, Outcome } from '../messages';
import type { ModelSource } from '../model-source';
import type { LessonRequest, Prepared, Progress, Taught, TaughtModel } from './messages';
import type { TeachService } from './teach.worker';

export { timeOf } from './estimate';
export { findLesson, forgetLesson } from './lesson-files';
export { whenClosed } from './lesson-lock';
export type * from './messages';
export {
  digestOf,
  forgetTaught,
  listTaught,
  readTaught,
  STEPS,
  STRONGEST,
  sourceOfTaught,
  strengthOf,
  taughtManifest,
} from './taught-models';

/** A teacher in a worker of its own. Every method rejects only with EngineError. */
export class TeacherClient {
  private readonly worker: Worker;
  private readonly service: Remote<TeachService>;
  private readonly died: Promise<never>;

  constructor(backend: BackendChoice = 'auto') {
    this.worker = new Worker(new URL('./teach.worker.ts', import.meta.url), {
      type: 'module',
      name: 'teach',
    });
    this.service = wrap<TeachService>(this.worker);
    this.died = new Promise((_, reject) =>
      this.worker.addEventListener('error', ({ message }) =>
        reject(EngineError.from(new Error(`The worker that teaches failed: ${message}.`))),
      ),
    );
    this.died.catch(() => {}); // also without a request
    void this.service.setBackend(backend); // before any other call, because messages keep their order
  }

  open(request: LessonRequest): Promise<Prepared> {
    return this.result(this.service.open(request));
  }

  /** Opens an interrupted lesson that the browser keeps. @param model that it teaches */
  resume(model: ModelSource, id: string): Promise<Prepared> {
    return this.result(this.service.resume(model, id));
  }

  /** Teaches the opened texts, or continues. @returns null after `stop` */
  teach(settings: TeachingSettings, onProgress: (progress: Progress) => void): Promise<Taught | null> {
    return this.listen(onProgress, (listener) => this.service.teach(settings, listener));
  }

  /** Ends a lesson that was stopped with the best adapter so far. */
  conclude(onProgress: (progress: Progress) => void): Promise<Taught | null> {
    return this.listen(onProgress, (listener) => this.service.conclude(listener));
  }

  stop(): void {
    void this.service.stop();
  }

  /** The digest of the base model that the files of an adapter name; null if they name none. */
  baseDigest(files: ModelFiles): Promise<string | null> {
    return this.result(this.service.baseDigest(files));
  }

  importAdapter(files: ModelFiles, base: ModelSource, name: string): Promise<Taught> {
    return this.result(this.service.importAdapter(files, base, name));
  }

  /** Keeps another name or strength of a kept adapter. @returns whether it is kept */
  keepChange(model: TaughtModel): Promise<boolean> {
    return this.result(this.service.keepChange(model));
  }

  dispose(): void {
    this.worker.terminate();
  }

  private async listen<T>(
    onProgress: (progress: Progress) => void,
    call: (listener: (progress: Progress) => void) => Promise<Outcome<T>>,
  ): Promise<T> {
    const listeners = openListeners();
    try {
      return await this.result(call(listeners.add(onProgress)));
    } finally {
      listeners.close();
    }
  }

  private async result<T>(work: Promise<Outcome<T>>): Promise<T> {
    const done = await Promise.race([work, this.died]);
    if ('error' in done) throw EngineError.fromData(done.error);
    return done.value;
  }
}
