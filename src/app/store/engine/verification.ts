import type { StoreApi } from 'zustand/vanilla';
import { EngineError } from '../../../model/runtime/errors';
import type { Run } from '../../../model/text/text';
import type { EngineClient } from '../../../workers/client';
import type { EngineInfo, Verification, VerifyEvent, VerifyRun } from '../../../workers/messages';
import { count } from '../../format';
import { notify } from '../document/notice';
import type { PlaygroundState } from '../state';
import { type Generation, moved } from './document-writer';

/** What came of checking a text. */
export interface Verified extends Verification {
  /** The text that was checked: it says nothing of any other. */
  readonly runs: readonly Run[];
  /** Sampled tokens that do not say what they were drawn with. */
  readonly unknown: number;
}

/** Lets the engine check the drawn tokens of the text; the outcome is in the state. */
export async function check(
  store: StoreApi<PlaygroundState>,
  mine: Generation,
  { manifest }: EngineInfo,
  engine: EngineClient,
): Promise<void> {
  const { runs, model } = store.getState().history!.present;
  const refuse = (words: string) => {
    notify(store, words, 'text');
    store.setState({ announcement: words });
  };
  if (model && model.digest !== manifest.digest)
    return refuse(
      `This text was written with another model, ${model.id} ${model.digest.slice(0, 8)}, so ${manifest.name} cannot verify it.`,
    );
  const onEvent = (event: VerifyEvent) => {
    if (mine.closed || store.getState().work.phase === 'stopping') return;
    if (event.type === 'verifying')
      store.setState({ work: { phase: 'verifying', checked: event.checked, total: event.total } });
    else moved(store, event);
  };
  onEvent({ type: 'verifying', checked: 0, total: 0 });
  try {
    const verification = await engine.verify({ runs: verifyRuns(runs) }, onEvent, mine.controller.signal);
    if (mine.closed) return;
    const verified = withRuns(runs, verification);
    store.setState({ verified, announcement: conclusion(verified) });
  } catch (thrown) {
    const { code, message } = EngineError.from(thrown);
    if (code !== 'input') throw thrown;
    refuse(`This text cannot be verified. ${message}`);
  }
}

function verifyRuns(runs: readonly Run[]): VerifyRun[] {
  return runs.map((run) =>
    run.source === 'sampled'
      ? { text: run.text, ids: run.tokens.ids, drawnWith: run.sampling }
      : { text: run.text, ids: null, drawnWith: null },
  );
}

export function withRuns(runs: readonly Run[], verification: Verification): Verified {
  const unknown = runs.reduce(
    (sum, run) => sum + (run.source === 'sampled' && !run.sampling ? run.tokens.ids.length : 0),
    0,
  );
  return { ...verification, runs, unknown };
}

/** The outcome in a sentence. */
export function conclusion({ counts, isFaithful, stopped, unknown }: Verified): string {
  const { exact, margin, cutoff, different } = counts;
  const checked = exact + margin + cutoff + different;
  if (stopped) return `Stopped after ${tokens(checked)}.`;
  if (!isFaithful) return 'The text no longer matches its tokens: it was altered.';
  if (checked === 0) return 'There are no tokens to verify.';
  if (different > 0)
    return `${count(different)} of ${tokens(checked)} ${different === 1 ? 'differs' : 'differ'} from what this model picks.`;
  const kind = unknown ? 'checked' : 'generated';
  return checked === 1
    ? `Verified: the one ${kind} token.`
    : `Verified: all ${count(checked)} ${kind} tokens.`;
}

/** What else there is to know, in sentences. */
export function remarks({ counts: { margin, cutoff }, unknown }: Verified): string[] {
  const said: string[] = [];
  if (margin)
    said.push(`${tokens(margin)} scored within 0.001 of the best, where devices round differently.`);
  if (cutoff) said.push(`${tokens(cutoff)} tied at the sampler’s cutoff.`);
  if (unknown) said.push(`${tokens(unknown)} not checked, because the settings are unknown.`);
  return said;
}

function tokens(n: number): string {
  return n === 1 ? '1 token' : `${count(n)} tokens`;
}
