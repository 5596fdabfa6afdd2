import type { StoreApi } from 'zustand/vanilla';
import type { Sampling } from '../../../model/sampling/sampling';
import type { Encoded } from '../../../model/text/encoded';
import { appendSampled, withTokens } from '../../../model/text/text';
import type { GenerateEvent, NoticeEvent } from '../../../workers/messages';
import { amend, commit } from '../document/history';
import { notify } from '../document/notice';
import type { ModelRef, TextValue } from '../document/text-value';
import type { PlaygroundState } from '../state';
import { Sentences } from './sentences';

/** One press of Generate. The generated text is one undo step. */
export interface Generation {
  readonly controller: AbortController;
  /** True once the text was edited. Later events are for the text before the edit, so they are ignored. */
  closed: boolean;
}

/** Stores the new backend after the engine moved to it, and shows the notice. */
export function moved(store: StoreApi<PlaygroundState>, { message, backend }: NoticeEvent): void {
  const { engine } = store.getState();
  if (engine.phase === 'ready') store.setState({ engine: { ...engine, info: { ...engine.info, backend } } });
  notify(store, message, 'page');
  store.setState({ announcement: message });
}

type TokensEvent = Extract<GenerateEvent, { type: 'tokens' }>;

/** Applies the events of one generation to the document, once per frame. */
export class DocumentWriter {
  /** The text with all tokens that the document holds. */
  text: TextValue;
  readonly sampling: Sampling;
  count = 0;
  private readonly amends: boolean;
  private readonly generation: Generation;
  private readonly store: StoreApi<PlaygroundState>;
  private readonly nextFrame: () => Promise<void>;
  readonly sentences = new Sentences();
  private pending: TokensEvent[] = [];
  private frame: Promise<void> | null = null;

  constructor(
    text: TextValue,
    sampling: Sampling,
    amends: boolean,
    generation: Generation,
    store: StoreApi<PlaygroundState>,
    nextFrame: () => Promise<void>,
  ) {
    this.text = text;
    this.sampling = sampling;
    this.amends = amends;
    this.generation = generation;
    this.store = store;
    this.nextFrame = nextFrame;
  }

  /** Resolves when the document holds the event's tokens. The engine waits for these promises (flow control). */
  async take(event: GenerateEvent): Promise<void> {
    if (this.generation.closed) return;
    if (event.type === 'tokens') {
      this.pending.push(event);
      this.frame ??= this.nextFrame().then(() => this.flush());
      return this.frame;
    }
    if (event.type === 'encoded') this.keepEncoding(event.run, event.tokens);
    else if (event.type === 'reading') {
      const { phase } = this.store.getState().work;
      if (phase !== 'stopping')
        this.store.setState({ work: { phase: 'reading', read: event.read, total: event.total } });
    } else moved(this.store, event);
  }

  flush(): void {
    const events = this.pending;
    this.pending = [];
    this.frame = null;
    const { history, work } = this.store.getState();
    if (!events.length || this.generation.closed || !history) return;
    const first = this.count === 0;
    let { runs } = this.text;
    for (const { text, tokens, records } of events) {
      runs = appendSampled(runs, { text, tokens, records, sampling: this.sampling });
      this.count += tokens.ids.length;
    }
    this.text = { ...this.text, runs };
    const spoken = this.sentences.take(events.map(({ text }) => text).join(''), performance.now());
    this.store.setState({
      ...(spoken && { announcement: spoken }),
      history: (first && !this.amends ? commit : amend)(history, this.text),
      figures: events.at(-1)!.figures,
      work: work.phase === 'stopping' ? work : { phase: 'writing' },
    });
  }

  private keepEncoding(run: number, tokens: Encoded): void {
    const source = this.text.runs[run]?.text;
    if (source === undefined) return;
    this.text = { ...this.text, runs: withTokens(this.text.runs, run, source, tokens) };
    keepEncoding(this.store, run, source, tokens, this.text.model);
  }
}

/** Stores the encoding of a typed run, unless the run has been edited since. */
export function keepEncoding(
  store: StoreApi<PlaygroundState>,
  run: number,
  source: string,
  tokens: Encoded,
  model: ModelRef | null,
): void {
  const { history } = store.getState();
  if (!history) return;
  const runs = withTokens(history.present.runs, run, source, tokens);
  store.setState({ history: amend(history, { ...history.present, runs, model }) });
}
