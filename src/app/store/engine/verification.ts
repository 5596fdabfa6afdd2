import type { StoreApi } from 'zustand/vanilla';
import { EngineError } from '../../../model/runtime/errors';
import type { Run } from '../../../model/text/text';
import type { EngineClient } from '../../../workers/client';
import type { EngineInfo, VerifyEvent, VerifyRun } from '../../../workers/messages';
import { notify } from '../document/notice';
import type { PlaygroundState } from '../state';
import { type Generation, moved } from './document-writer';
import { fileOf } from './text-request';
import { conclusion, withRuns } from './verified';

/** Verifies the sampled tokens of the text; the result is in the state. */
export async function check(
  store: StoreApi<PlaygroundState>,
  mine: Generation,
  { manifest }: EngineInfo,
  engine: EngineClient,
): Promise<void> {
  const { present } = store.getState().history!;
  const { runs, model } = present;
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
    const verification = await engine.verify(
      { start: fileOf(present), runs: verifyRuns(runs) },
      onEvent,
      mine.controller.signal,
    );
    if (mine.closed) return;
    const verified = withRuns(runs, verification);
    store.setState({ verified, announcement: conclusion(verified) });
  } catch (thrown) {
    const { code, message, remedy } = EngineError.from(thrown);
    if (code !== 'input') throw thrown;
    refuse(`This text cannot be verified. ${message} ${remedy}`);
  }
}

function verifyRuns(runs: readonly Run[]): VerifyRun[] {
  return runs.map((run) =>
    run.source === 'sampled'
      ? { text: run.text, ids: run.tokens.ids, drawnWith: run.sampling }
      : { text: run.text, ids: null, drawnWith: null },
  );
}
