import { createStore, type StoreApi } from 'zustand/vanilla';
import { cancelled, EngineError, type ErrorData } from '../../../model/runtime/errors';
import type { IndexEntry } from '../../../model/runtime/model-index';
import { DIRECTIONS, type Direction, tokenKinds } from '../../../model/text/simultaneous';
import { tokenBytes } from '../../../model/text/vocabulary';
import type { SharedTranslation } from '../../../share/translation-link';
import { createEngine, type EngineClient } from '../../../workers/client';
import type {
  BackendChoice,
  EngineInfo,
  TranslatedSentence,
  TranslateEvent,
  Turn,
} from '../../../workers/messages';
import { translationAfter } from '../../../workers/translate/translation';
import { attentionTo, type Head, type UnitAttention } from './attention';
import { keepSource, readSource, takeOthers } from './kept-source';

export interface TranslationState {
  readonly source: string;
  /** Whether the source is complete: a file, or a paste at its end. */
  readonly ended: boolean;
  /** From 1 to 9; Infinity: offline. */
  readonly k: number;
  readonly sentences: readonly TranslatedSentence[];
  /** The first sentence that changed last. */
  readonly current: number;
  /** The link that the source comes from, until the source or k changes. */
  readonly link: SharedTranslation | null;
  /** Idle: nothing starts before `begin`. */
  readonly phase: 'idle' | 'loading' | 'working' | 'done' | 'failed';
  /** From 0 to 1. */
  readonly loaded: number;
  readonly model: IndexEntry | null;
  /** Of the model. */
  readonly info: EngineInfo | null;
  readonly error: ErrorData | null;
  readonly notice: string | null;
  /** False if the browser does not keep the source. */
  readonly isKept: boolean;
}

const FRAME = 16; // ms between updates of the page, at least

/** The source that the user types and its translations, without the user interface. */
export class LiveTranslation {
  readonly store: StoreApi<TranslationState>;
  private readonly create: () => EngineClient;
  private engine: EngineClient | null = null;
  private request: AbortController | null = null;
  /** The source or k has changed since the last request began. */
  private isStale = false;
  private sentences: readonly TranslatedSentence[] = [];
  private current = 0;
  private shownAt = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(create: () => EngineClient = createEngine) {
    this.create = create;
    this.store = createStore(() => ({
      ...readSource(),
      sentences: [],
      current: 0,
      link: null,
      phase: 'idle',
      loaded: 0,
      model: null,
      info: null,
      error: null,
      notice: null,
      isKept: true,
    }));
  }

  /** Changes the source, and translates it if the model is loaded. */
  edit(source: string, ended: boolean): void {
    this.change({ source, ended, link: null });
  }

  setK(k: number): void {
    this.change({ k, link: null });
  }

  /** Shows the translation of a link without any work. Returns the source of the user that it replaces, or ''. */
  open(link: SharedTranslation): string {
    const { source, link: previous } = this.store.getState();
    const replaced = previous || source === link.source ? '' : source.trim() && source;
    this.end();
    this.set({ source: link.source, ended: false, k: link.k, link });
    return replaced;
  }

  /** Loads the model and translates the source. */
  async begin(find: () => Promise<readonly IndexEntry[]>, backend: BackendChoice): Promise<void> {
    if (this.engine) return;
    const engine = this.create();
    this.engine = engine;
    this.store.setState({ phase: 'loading', loaded: 0, error: null });
    try {
      const models = await find();
      const wanted = this.store.getState().link?.model.digest;
      const model = models.find(({ digest }) => digest === wanted) ?? models[0];
      const url = new URL(`weights/${model.id}/`, document.baseURI).href;
      const info = await engine.load({ model: { url }, backend }, ({ bytes, total }) => {
        if (this.engine === engine) this.store.setState({ loaded: bytes / total });
      });
      if (this.engine !== engine) return;
      this.store.setState({ model, info });
      this.isStale = true;
      await this.work(engine);
    } catch (thrown) {
      this.fail(engine, thrown);
    }
  }

  /** Frees the engine. The source and the translations stay until the next `begin`. */
  end(): void {
    this.request?.abort();
    this.engine?.dispose();
    this.engine = null;
    this.request = null;
    this.sentences = [];
    this.current = 0;
    this.show();
    this.store.setState({ phase: 'idle', error: null, notice: null });
  }

  /** Keeps the source of a page that may be closed, because another tab may have replaced it. */
  leave(): void {
    if (this.store.getState().source.trim()) this.set({});
  }

  /** The sources of other tabs, which the browser then no longer keeps here. */
  takeOthers(): string[] {
    return takeOthers(this.store.getState().source);
  }

  /** Asks the lens about a written unit of a sentence (attention.ts). @throws EngineError 'cancelled' or another */
  async look(turns: readonly Turn[], unit: number, head: Head | null): Promise<UnitAttention> {
    const { info } = this.store.getState();
    if (!this.engine || !info) throw cancelled();
    const { vocabulary, config } = info;
    const bytes = Array.from({ length: config.vocabSize }, (_, id) => tokenBytes(vocabulary, id));
    return attentionTo(this.engine, turns, tokenKinds(bytes), unit, head);
  }

  private change(changed: Partial<TranslationState>): void {
    this.set(changed);
    this.isStale = true;
    this.request?.abort();
    const { engine } = this;
    if (engine && this.store.getState().phase === 'done')
      this.work(engine).catch((thrown) => this.fail(engine, thrown));
  }

  private set(changed: Partial<TranslationState>): void {
    const before = this.store.getState();
    const isKept = keepSource({ ...before, ...changed }, before.source);
    this.store.setState({ ...changed, isKept });
  }

  /** Translates until the source is unchanged. */
  private async work(engine: EngineClient): Promise<void> {
    this.store.setState({ phase: 'working' });
    while (this.isStale && this.engine === engine) {
      this.isStale = false;
      const request = new AbortController();
      this.request = request;
      const { source: text, ended, k } = this.store.getState();
      try {
        await engine.translate(
          { text, ended, k, directions: DIRECTIONS },
          (event) => {
            if (this.engine === engine) this.take(event);
          },
          request.signal,
        );
      } catch (thrown) {
        if (EngineError.from(thrown).code !== 'cancelled') throw thrown;
      } finally {
        if (this.request === request) this.request = null;
      }
    }
    if (this.engine !== engine) return;
    this.show('done');
  }

  private take(event: TranslateEvent): void {
    if (event.type === 'notice') this.store.setState({ notice: event.message });
    else if (event.type === 'sentences' && event.sentences.length > 0) this.current = event.before;
    this.sentences = translationAfter(this.sentences, event);
    this.current = Math.min(this.current, Math.max(0, this.sentences.length - 1));
    const wait = this.shownAt + FRAME - performance.now();
    if (wait <= 0) this.show();
    else this.timer ??= setTimeout(() => this.show(), wait);
  }

  private show(phase = this.store.getState().phase): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.shownAt = performance.now();
    this.store.setState({ sentences: this.sentences, current: this.current, phase });
  }

  private fail(engine: EngineClient | null, thrown: unknown): void {
    if (this.engine !== engine) return;
    this.end();
    this.store.setState({ phase: 'failed', error: EngineError.from(thrown).toData() });
  }
}

/** The translation of a direction as a text: a line for each sentence. */
export function textIn(sentences: readonly TranslatedSentence[], direction: Direction): string {
  return sentences
    .map(({ turns }) => turns[direction].flatMap(({ written }) => written).join(' '))
    .join('\n');
}

/** The source with the line end that makes it complete, so that it means the same in a link and in a file. */
export function wholeSource({ source, ended }: Pick<TranslationState, 'source' | 'ended'>): string {
  return ended && source && !source.endsWith('\n') ? `${source}\n` : source;
}

export const liveTranslation = new LiveTranslation();
