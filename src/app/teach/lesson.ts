import { createStore } from 'zustand/vanilla';
import { TEACHING, type TeachingSettings } from '../../model/finetuning/teaching';
import { EngineError, type ErrorData } from '../../model/runtime/errors';
import type { BackendChoice } from '../../workers/messages';
import type { ModelSource } from '../../workers/model-source';
import {
  type FoundLesson,
  findLesson,
  forgetLesson,
  type NamedText,
  type Prepared,
  type Progress,
  type Taught,
  type TaughtModel,
  TeacherClient,
  whenClosed,
} from '../../workers/teaching/teach-client';
import { keepPasted, readPasted } from '../store/pasted-texts';
import { rememberTaught, taughtFiles } from '../taught-models';

interface LessonState {
  readonly work: 'idle' | 'opening' | 'teaching' | 'stopping';
  readonly texts: readonly NamedText[];
  /** The taught model that learns more; null: the model of the page learns. */
  readonly from: TaughtModel | null;
  readonly settings: TeachingSettings;
  /** The texts are ready to teach. */
  readonly prepared: Prepared | null;
  /** Of the lesson that runs or was stopped. */
  readonly progress: Progress | null;
  /** An interrupted lesson of an earlier visit, or a lesson of another tab. */
  readonly saved: FoundLesson | null;
  /** The result of the last lesson. */
  readonly taught: TaughtModel | null;
  readonly error: ErrorData | null;
}

const FIRST: LessonState = {
  work: 'idle',
  texts: [],
  from: null,
  settings: TEACHING,
  prepared: null,
  progress: null,
  saved: null,
  taught: null,
  error: null,
};

/** The lesson of the page. It continues while the page that shows it is closed. */
class LessonController {
  readonly store = createStore<LessonState>(() => FIRST);
  /** Called with the result of a lesson. */
  onTaught: (model: TaughtModel) => void = () => {};
  /** The model with a digest; null: the model of the page. */
  findModel: (digest: string | null) => Promise<ModelSource> = () => Promise.reject();
  /** The backend that the user chose. */
  backend: () => BackendChoice = () => 'auto';
  private client: TeacherClient | null = null;
  private turn = 0;

  /**
   * Looks for an interrupted lesson, and again when the tab that has it open leaves it. Without one, it opens the texts that
   * were pasted before a reload.
   */
  async look(): Promise<void> {
    const { work, progress, texts } = this.store.getState();
    if (work !== 'idle' || progress) return;
    const saved = await findLesson();
    this.store.setState({ saved });
    const kept = saved || texts.length ? [] : readPasted('teach');
    if (kept.length) await this.choose(kept, null);
    if (saved?.isElsewhere) void whenClosed(saved.id).then(() => this.look());
  }

  /** Replaces the texts and the taught model that learns more, and opens them with the model or its base. */
  async choose(texts: readonly NamedText[], from: TaughtModel | null): Promise<void> {
    const turn = ++this.turn;
    keepPasted('teach', texts);
    this.store.setState({ texts, from, prepared: null, taught: null, error: null, work: 'idle' });
    if (from) this.set({ rank: from.adapter.rank });
    if (!texts.length) return;
    this.store.setState({ work: 'opening' });
    await this.attempt(async () => {
      const model = await this.findModel(from?.base.digest ?? null);
      const files = from && (await taughtFiles(from.adapter.digest));
      const prepared = await this.fresh().open({
        model,
        texts,
        ...(from && files && { from: { model: from, files } }),
      });
      if (turn === this.turn) this.store.setState({ prepared });
    }, turn);
  }

  set(settings: Partial<TeachingSettings>): void {
    this.store.setState((state) => ({ settings: { ...state.settings, ...settings } }));
  }

  /** Teaches the chosen texts, or continues. */
  start(): Promise<void> {
    return this.run((client) => client.teach(this.store.getState().settings, this.onProgress));
  }

  /** Continues the interrupted lesson of an earlier visit. */
  async resume(): Promise<void> {
    const { saved } = this.store.getState();
    if (!saved) return;
    await this.run(async () => {
      const client = this.fresh();
      const prepared = await client.resume(await this.findModel(saved.model.digest), saved.id);
      this.store.setState({ prepared, progress: saved.progress, settings: saved.settings, saved: null });
      return client.teach(saved.settings, this.onProgress);
    });
  }

  /** Ends a stopped lesson with the best adapter so far. */
  conclude(): Promise<void> {
    return this.run((client) => client.conclude(this.onProgress));
  }

  stop(): void {
    this.client?.stop();
    this.store.setState({ work: 'stopping' });
  }

  /** Deletes the stopped or interrupted lesson. */
  async discard(): Promise<void> {
    this.fresh();
    const { saved, prepared, settings } = this.store.getState();
    const id = saved?.id ?? prepared?.id;
    if (id) await forgetLesson(id);
    keepPasted('teach', []);
    this.store.setState({ ...FIRST, settings });
    await this.look();
  }

  private readonly onProgress = (progress: Progress) => this.store.setState({ progress });

  private async run(work: (client: TeacherClient) => Promise<Taught | null>): Promise<void> {
    this.store.setState({ work: 'teaching', error: null, taught: null });
    await this.attempt(async () => {
      const taught = await work(this.client!);
      if (!taught) return;
      rememberTaught(taught);
      keepPasted('teach', []);
      this.store.setState({ taught: taught.model, progress: null, prepared: null, texts: [], from: null });
      this.onTaught(taught.model);
    });
  }

  private async attempt(work: () => Promise<void>, turn = ++this.turn): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      if (turn === this.turn) this.store.setState({ error: EngineError.from(thrown).toData() });
    }
    if (turn === this.turn) this.store.setState({ work: 'idle' });
  }

  /** A new worker, because one that is busy with other texts answers late. */
  private fresh(): TeacherClient {
    this.client?.dispose();
    this.client = new TeacherClient(this.backend());
    return this.client;
  }
}

export const lesson = new LessonController();
