import { useEffect, useState } from 'react';
import { chooseModel } from '../../address';
import { count } from '../../format';
import { isHere } from '../../models';
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
  const [isOffered, setOffered] = useState<boolean | null>(null);
  useEffect(() => {
    if (isOther) void isHere(model.digest).then(setOffered);
  }, [isOther, model.digest]);
  if (!isOther || isOffered === null) return null;
  if (!isOffered)
    return (
      <>
        Only {model.name} can go on from it (weights SHA-256 <code>{model.digest.slice(0, 16)}</code>), and it
        is not here.
      </>
    );
  const load = () => {
    chooseModel(null); // the state names the model
    playground.load();
  };
  return (
    <button type="button" className="worded" onClick={load}>
      Load {model.name}
    </button>
  );
}
