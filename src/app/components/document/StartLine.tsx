import { useEffect, useState } from 'react';
import type { IndexEntry } from '../../../model/runtime/model-index';
import { chooseModel } from '../../address';
import { count } from '../../format';
import { listModels } from '../../models';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import type { Start } from '../../store/document/start';
import { WordedCommand } from '../controls/CommandButton';

/** The line above a text that continues from a saved state: the state, and what is missing to go on. */
export function StartLine({ start }: { start: Start }) {
  const { length, model, made, name, digest, file } = start;
  const date = new Date(made).toLocaleDateString('en', { dateStyle: 'long', timeZone: 'UTC' });
  const facts = `${count(length - 1)} tokens, ${model.name}, made on ${date}`;
  if (file)
    return (
      <p className="start-line">
        Continues from a saved state: {facts}. Its text is not in the file. <OtherModel start={start} />
      </p>
    );
  return (
    <p className="start-line">
      Continues from a saved state that is not in this browser: {facts}. To go on, open its file {name}{' '}
      (SHA-256 <code>{digest.slice(0, 16)}</code>). <WordedCommand command="open" />
    </p>
  );
}

/** Offers the model of the state while another one is loaded. */
function OtherModel({ start: { model } }: { start: Start }) {
  const playground = usePlayground();
  const isOther = usePlaygroundState(
    ({ engine }) => engine.phase === 'ready' && engine.info.manifest.digest !== model.digest,
  );
  const [models, setModels] = useState<readonly IndexEntry[] | null>(null);
  useEffect(() => {
    if (!isOther) return;
    const controller = new AbortController();
    listModels(controller.signal).then(setModels, () => {}); // without the list, the line names only the state
    return () => controller.abort();
  }, [isOther]);
  if (!isOther || !models) return null;
  const offered = models.find(({ digest }) => digest === model.digest);
  if (!offered)
    return (
      <>
        Only {model.name} can go on from it (weights SHA-256 <code>{model.digest.slice(0, 16)}</code>), and it
        is not here.
      </>
    );
  const load = () => {
    chooseModel(offered.id);
    playground.load();
  };
  return (
    <button type="button" className="worded" onClick={load}>
      Load {offered.name}
    </button>
  );
}
