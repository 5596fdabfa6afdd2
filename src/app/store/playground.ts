import { createStore, type StoreApi } from 'zustand/vanilla';
import type { TokenRecord } from '../../model/sampling/records';
import type { Sampling } from '../../model/sampling/sampling';
import { textBetween } from '../../model/text/text';
import { type Token, TokenIndex } from '../../model/text/token-index';
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
import { Session, type SessionOptions, type Task } from './engine/session';
import { MemoryTexts } from './library/memory-texts';
import type { TextStorage } from './library/text-storage';
import { Texts } from './library/texts';
import type { Sampler, Settings } from './settings/settings';
import { SettingsController } from './settings/settings-controller';
import { type CardId, initialState, type PanelId, type PlaygroundState } from './state';
import { createTokenView, walk } from './token-view';

/** The playground without its user interface: the document, the settings and the engine. */
export class Playground {
  readonly store: StoreApi<PlaygroundState>;
  /** A separate store, because it changes with every move of the pointer. */
  readonly tokens = createTokenView();
  readonly lens: LensController;
  readonly inspection: Inspection;
  readonly comparison: Comparison;
  readonly texts: Texts;
  readonly settings: SettingsController;
  /** UTF-16 offset of the cursor; null: not placed yet. It is not in the store, because every key moves it. */
  cursor: number | null = null;
  private readonly session: Session;
  private readonly now: () => number;
  /** The undo step that typing may join, as long as the history is at that step. */
  private step: { readonly open: OpenStep; readonly past: history.History['past'] } | null = null;

  constructor(options: SessionOptions & { settings?: Settings; storage?: TextStorage; now?(): number }) {
    this.now = options.now ?? Date.now;
    this.store = createStore(() => initialState(options.settings));
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

  /** Call before the text changes: ends a generation at the words that are shown. */
  interrupt(): void {
    this.comparison.end();
    this.session.interrupt();
  }

  /** Shows another text with its undo history. */
  switchTo(to: history.History): void {
    this.stop(); // work that waits for the model was meant for the previous text
    this.interrupt();
    this.cursor = null;
    this.store.setState({ history: to });
    this.forget();
    void this.session.follow();
  }

  /** Removes the statements about the previous text. */
  private forget(): void {
    this.store.setState((state) => ({
      figures: null,
      problem: null,
      verified: null,
      ...withoutTextNotice(state),
    }));
    this.inspection.forget();
    this.lens.set({ token: null });
    this.tokens.setState({ chosen: null, hovered: null });
  }

  /** Shows a text that has no history yet. */
  restore(text: TextValue): void {
    this.store.setState({ history: history.begin(text) });
  }

  // The document. Every change of the text first ends a generation, at the words that are shown.

  /** Makes several changes, the last in the text first, as one undo step. */
  edit(...changes: Change[]): void {
    this.input('other', changes);
  }

  /** Makes changes that the user typed. They may join the open undo step (undo-step.ts). */
  input(kind: InputKind, changes: readonly Change[]): void {
    const [{ from, to, insert }] = changes;
    if (changes.every((change) => change.from === change.to && !change.insert)) return;
    const { history: before } = this.store.getState();
    const step = this.step?.past === before?.past ? (this.step?.open ?? null) : null;
    const removed = to - from > LONGEST_GRAPHEME ? '' : textBetween(this.text.runs, from, to);
    const { joins, open } = nextStep(
      step,
      { kind, changes, removed, caret: from + insert.length },
      this.now(),
    );
    this.change((text) => changes.reduce(edit, text), joins);
    const { history: after } = this.store.getState();
    this.step = open && after && { open, past: after.past };
  }

  /** The next input starts a new undo step. */
  endStep(): void {
    this.step = null;
  }

  /** Uses the settings that came with a shared text. */
  takeSettings({ seed, ...sampler }: Sampling): void {
    this.set({ sampler, seed, randomSeed: false });
  }

  /** Hides the line with the origin of the text. */
  putOriginAway(): void {
    const { history: past } = this.store.getState();
    const origin = past?.present.origin;
    if (!origin) return;
    this.store.setState({
      history: history.amend(past, { ...past.present, origin: { ...origin, isKnown: true } }),
    });
  }

  /** Keeps undone texts as branches, before redo can no longer reach them. */
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

  /** Generates from the cursor; the text after it stays as a branch. One step of the history. */
  generateFromCursor(): Promise<void> {
    const at = this.cursor;
    if (at === null || at >= lengthOf(this.text.runs)) return this.generate();
    this.change((text) => cutAt(text, at));
    return this.session.generate(this.store.getState().settings.length, { amends: true });
  }

  /** Generates again, as many tokens as the last generation asked for. */
  regenerate(): Promise<void> {
    const { generatedFrom, generatedTokens } = this.text;
    if (generatedFrom === null) return Promise.resolve();
    this.comparison.end();
    const tokens = generatedTokens ?? this.store.getState().settings.length;
    return this.session.generate(tokens, { from: 'last generation' });
  }

  /** Verifies that this model samples the same tokens; the result is in the state. */
  verify(): Promise<void> {
    return this.session.verify();
  }

  /** Runs other work of the engine on the text, unless some runs. */
  work(what: string, task: Task): Promise<void> {
    return this.session.run(what, task);
  }

  stop(): void {
    this.session.stop();
  }

  /** Turns the text of another model into typed text, which the loaded model can read: one step of the history. */
  readAsTyped(): void {
    this.interrupt();
    const { engine } = this.store.getState();
    if (engine.phase === 'ready') adoptText(this.store, engine.info.manifest);
  }

  /** Replaces a token with one of its alternatives and generates from there: one step of the history. */
  choose(token: Token, record: TokenRecord, alternative: number): Promise<void> {
    const { engine, settings } = this.store.getState();
    if (engine.phase !== 'ready' || !record.alternatives[alternative]) return Promise.resolve();
    this.change((text) => withChoice(text, token.number, record, alternative, engine.info.vocabulary));
    this.tokens.setState({ chosen: token.number, hovered: null });
    return this.session.generate(settings.length, { branchAt: token.number, amends: true });
  }

  /** The same for the selected token. */
  chooseHere(alternative: number): void {
    const { chosen } = this.tokens.getState();
    const found = chosen === null ? null : this.inspection.find(chosen);
    if (found?.record) void this.choose(found.token, found.record, alternative);
  }

  /** Selects the previous or next token; the last one if none is selected. */
  walk(by: -1 | 1): void {
    walk(this.tokens, new TokenIndex(this.text.runs).count, by);
  }

  // The branches of the text (branches.ts).

  /** Shows the text of a branch up to an offset. */
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
    this.settings.setSampler(change);
  }

  /** Opens a card and closes the open one; null only closes it. */
  openCard(card: CardId | null): void {
    this.store.setState({ card });
  }

  /** Opens a panel of the rail; null closes the rail. */
  show(panel: PanelId | null): void {
    this.store.setState({ panel });
  }

  /** Opens a panel, or closes the rail if the panel is open. */
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
    this.interrupt();
    const { history: past } = this.store.getState();
    if (!past) return;
    const before = withinStep ? past : keepUndone(past);
    const advance = withinStep ? history.amend : history.commit;
    this.store.setState({ history: advance(before, next(before.present)) });
  }

  private travel(step: (from: history.History) => history.History): void {
    this.interrupt();
    const { history: past } = this.store.getState();
    if (!past) return;
    const next = step(past);
    const present = carryBranches(past.present, next.present);
    this.store.setState((state) => ({
      history: history.amend(next, present),
      problem: null,
      ...withoutTextNotice(state),
    }));
  }
}
