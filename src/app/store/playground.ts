import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Sampling, TokenRecord } from '../../model/sampling/sampling';
import { textBetween } from '../../model/text/text';
import { type Token, TokenIndex } from '../../model/text/token-index';
import { retitle } from './document/article';
import { carryBranches, cutAt, keepUndone, nameBranch, pruneBranches, walkTo } from './document/branches';
import type { Change } from './document/change';
import { withChoice } from './document/choice';
import * as history from './document/history';
import { type NoticeSubject, notify, withoutTextNotice } from './document/notice';
import { type Branch, EMPTY, edit, lengthOf, type TextValue } from './document/text-value';
import { type InputKind, LONGEST_GRAPHEME, nextStep, type OpenStep } from './document/undo-step';
import { adoptText } from './engine/adopt-text';
import { Comparison } from './engine/comparison';
import { Inspection } from './engine/inspection';
import { LensController } from './engine/lens-controller';
import { FIRST_LOOK } from './engine/lens-view';
import { Session, type SessionOptions } from './engine/session';
import { MemoryTexts } from './library/memory-texts';
import type { TextStorage } from './library/text-storage';
import { Texts } from './library/texts';
import { DEFAULTS, type Sampler, type Settings } from './settings/settings';
import { SettingsController } from './settings/settings-controller';
import type { CardId, PanelId, PlaygroundState } from './state';
import { createTokenView } from './token-view';

/** The playground without its page: the document, the settings, and the engine that writes. */
export class Playground {
  readonly store: StoreApi<PlaygroundState>;
  /** Apart from the store, since it changes with every move of the pointer. */
  readonly tokens = createTokenView();
  readonly lens: LensController;
  readonly inspection: Inspection;
  readonly comparison: Comparison;
  readonly texts: Texts;
  readonly settings: SettingsController;
  /** UTF-16 unit before which the cursor was put; null: nowhere yet. Not in the store, since every key moves it. */
  cursor: number | null = null;
  private readonly session: Session;
  private readonly now: () => number;
  /** The step of undo that typing may join, as long as the history is at that step. */
  private step: { readonly open: OpenStep; readonly past: history.History['past'] } | null = null;

  constructor(options: SessionOptions & { settings?: Settings; storage?: TextStorage; now?(): number }) {
    this.now = options.now ?? Date.now;
    this.store = createStore<PlaygroundState>(() => ({
      history: null,
      settings: options.settings ?? DEFAULTS,
      engine: { phase: 'loading', progress: null },
      work: { phase: 'idle' },
      card: null,
      panel: null,
      lens: FIRST_LOOK,
      figures: null,
      problem: null,
      verified: null,
      notice: null,
      noticeAbout: 'page',
      announcement: '',
    }));
    this.session = new Session(this.store, options);
    this.settings = new SettingsController(this.store, this.session, this.now);
    this.texts = new Texts(this, options.storage ?? new MemoryTexts(), this.now);
    this.lens = new LensController(this.store, this.session, this.tokens);
    this.inspection = new Inspection(this.store, this.session);
    this.comparison = new Comparison(this.store, this.session, options);
  }

  get text(): TextValue {
    return this.store.getState().history?.present ?? EMPTY;
  }

  /** Before the text changes: what is being written ends at the words that are shown. */
  makeWay(): void {
    this.comparison.end();
    this.session.makeWay();
  }

  /** Another text altogether, with what undo knows of it. */
  switchTo(to: history.History): void {
    this.stop(); // what waits for the model was meant for the text before
    this.makeWay();
    this.cursor = null;
    this.store.setState({ history: to });
    this.forget();
    void this.session.follow();
  }

  /** What was said of the text before goes with it. */
  private forget(): void {
    this.store.setState((state) => ({
      ...{ figures: null, problem: null, verified: null },
      ...withoutTextNotice(state),
    }));
    this.inspection.forget();
    this.lens.set({ token: null });
    this.tokens.setState({ chosen: null, hovered: null });
  }

  /** Begins with a kept text; there is nothing to undo yet. */
  restore(text: TextValue): void {
    this.store.setState({ history: history.begin(text) });
  }

  // The document. Whatever changes it ends a generation first, at the words that are shown.

  /** Changes made at once, the last in the text first, as a step of undo. */
  edit(...changes: Change[]): void {
    this.input('other', changes);
  }

  /** The same by a person's keys, which may join the step that is under way (undo-step.ts). */
  input(kind: InputKind, changes: readonly Change[], caret = endOf(changes[0])): void {
    const [{ from, to }] = changes;
    if (changes.every((change) => change.from === change.to && !change.insert)) return;
    const { history: before } = this.store.getState();
    const step = this.step?.past === before?.past ? (this.step?.open ?? null) : null;
    const removed = to - from > LONGEST_GRAPHEME ? '' : textBetween(this.text.runs, from, to);
    const { joins, open } = nextStep(step, { kind, changes, removed, caret }, this.now());
    this.change((text) => changes.reduce(edit, text), joins);
    const { history: after } = this.store.getState();
    this.step = open && after && { open, past: after.past };
  }

  /** Typing goes on as a step of its own. */
  endStep(): void {
    this.step = null;
  }

  /** Typing in the title, which is typing in the text. */
  setTitle(words: string, isComposing = false): void {
    const { caret, ...change } = retitle(this.text.runs, words);
    this.input(isComposing ? 'composition' : 'key', [change], caret);
  }

  /** Draws on as the shared text says. */
  takeSettings({ seed, ...sampler }: Sampling): void {
    this.set({ sampler, seed, randomSeed: false });
  }

  /** Puts away the line that says where the text came from. */
  putOriginAway(): void {
    const { history: past } = this.store.getState();
    const origin = past?.present.origin;
    if (!origin) return;
    this.store.setState({
      history: history.amend(past, { ...past.present, origin: { ...origin, isKnown: true } }),
    });
  }

  /** Before redo loses them: what undo left becomes branches of the text. */
  keepUndone(): void {
    const { history: past } = this.store.getState();
    if (past) this.store.setState({ history: keepUndone(past) });
  }

  undo(): void {
    this.travel(history.undo);
  }

  redo(): void {
    this.travel(history.redo);
  }

  // The engine.

  load(): void {
    this.session.load();
  }

  cancelLoading(): void {
    this.session.cancelLoading();
  }

  generate(tokens = this.store.getState().settings.length): Promise<void> {
    this.comparison.end();
    return this.session.generate(tokens);
  }

  /** Writes on from the cursor; what stood behind it stays as a branch. One step of the history. */
  generateFromCursor(): Promise<void> {
    const at = this.cursor;
    if (at === null || at >= lengthOf(this.text.runs)) return this.generate();
    this.change((text) => cutAt(text, at));
    return this.session.generate(this.store.getState().settings.length, { amends: true });
  }

  regenerate(): Promise<void> {
    if (this.text.generatedFrom === null) return Promise.resolve();
    this.comparison.end();
    return this.session.generate(this.store.getState().settings.length, { from: 'last generation' });
  }

  /** Says of each token that was drawn whether this model draws it; the outcome is in the state. */
  verify(): Promise<void> {
    return this.session.verify();
  }

  stop(): void {
    this.session.stop();
  }

  /** What another model wrote becomes typed text, which the one that is loaded can look at: one step of the history. */
  readAsTyped(): void {
    this.makeWay();
    const { engine } = this.store.getState();
    if (engine.phase === 'ready') adoptText(this.store, engine.info.manifest);
  }

  /** Puts one of its alternatives in the place of a token, and goes on from there: one step of the history. */
  choose(token: Token, record: TokenRecord, alternative: number): Promise<void> {
    const { engine, settings } = this.store.getState();
    if (engine.phase !== 'ready' || !record.alternatives[alternative]) return Promise.resolve();
    this.change((text) => withChoice(text, token.number, record, alternative, engine.info.vocabulary));
    this.tokens.setState({ chosen: token.number, hovered: null });
    return this.session.generate(settings.length, { branchAt: token.number, amends: true });
  }

  /** The same for the token that is looked at. */
  chooseHere(alternative: number): void {
    const { chosen } = this.tokens.getState();
    const found = chosen === null ? null : this.inspection.look(chosen);
    if (found?.record) void this.choose(found.token, found.record, alternative);
  }

  /** Goes to the token before or behind the one that is looked at; at first to the last one. */
  walk(by: -1 | 1): void {
    const { count } = new TokenIndex(this.text.runs);
    const { chosen } = this.tokens.getState();
    const to = chosen === null ? count - 1 : Math.min(Math.max(chosen + by, 0), count - 1);
    if (count > 0) this.tokens.setState({ chosen: to, hovered: null });
  }

  // The branches of the text (branches.ts).

  /** Goes to the text of a branch, up to a place in it. */
  goTo(branch: Branch, to: number): void {
    this.change((text) => walkTo(text, branch, to));
  }

  nameBranch(id: number, name: string): void {
    this.change((text) => nameBranch(text, id, name));
  }

  pruneBranches(ids: readonly number[]): void {
    this.change((text) => pruneBranches(text, ids));
  }

  // Settings and messages.

  set(change: Partial<Settings>, field?: string): void {
    this.settings.set(change, field);
  }

  setSampler(change: Partial<Sampler>): void {
    this.set(
      { sampler: { ...this.store.getState().settings.sampler, ...change } },
      Object.keys(change).join(),
    );
  }

  /** Opens a card, in place of whichever is open; null closes it. */
  openCard(card: CardId | null): void {
    this.store.setState({ card });
  }

  /** Opens the rail on a panel, or closes it. */
  show(panel: PanelId | null): void {
    this.store.setState({ panel });
  }

  /** Opens a panel; closes the rail if it shows that one. */
  toggle(panel: PanelId): void {
    this.show(this.store.getState().panel === panel ? null : panel);
  }

  dismiss(message: 'notice' | 'problem' | 'verified'): void {
    this.store.setState({ [message]: null });
  }

  notify(words: string, about: NoticeSubject = 'page'): void {
    notify(this.store, words, about);
  }

  private change(next: (text: TextValue) => TextValue, withinStep = false): void {
    this.makeWay();
    const { history: past } = this.store.getState();
    if (!past) return;
    const before = withinStep ? past : keepUndone(past);
    const go = withinStep ? history.amend : history.commit;
    this.store.setState({ history: go(before, next(before.present)) });
  }

  private travel(step: (from: history.History) => history.History): void {
    this.makeWay();
    const { history: past } = this.store.getState();
    if (!past) return;
    const next = step(past);
    const present = carryBranches(past.present, next.present);
    this.store.setState((state) => ({
      ...{ history: history.amend(next, present), problem: null },
      ...withoutTextNotice(state),
    }));
  }
}

function endOf({ from, insert }: Change): number {
  return from + insert.length;
}

/** Whether there is something to generate anew. */
export function canRegenerate(text: TextValue): boolean {
  return text.generatedFrom !== null && text.generatedFrom < lengthOf(text.runs);
}
