import { useEffect, useState } from 'react';
import { samplingKey } from '../../../share/shared';
import { isHere } from '../../models';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import type { Origin } from '../../store/document/text-value';
import { samplingOf } from '../../store/settings/settings';
import { CloseIcon } from '../controls/icons';

/** The line above a text from a link or a file: its origin, and buttons to verify it and to use its settings. */
export function OriginLine() {
  const playground = usePlayground();
  const origin = usePlaygroundState((state) => state.history?.present.origin);
  if (!origin || origin.isKnown) return null;
  return (
    <aside className="introduction" aria-label="About this text">
      <p>
        <b>Text by a language model that runs entirely in this tab.</b> Shared with you, written with{' '}
        {origin.claim ? <Claim claim={origin.claim} /> : <Newer />} It opened as a new text. Yours stay under
        Your texts. {origin.claim ? <Verify {...origin.claim} /> : null}{' '}
        {origin.claim ? <TakeSettings sampling={origin.claim.sampling} /> : null}
      </p>
      <button
        type="button"
        className="quiet-button"
        aria-label="Dismiss"
        onClick={() => playground.putOriginAway()}
      >
        <CloseIcon />
      </button>
    </aside>
  );
}

function Newer() {
  return (
    <>
      a newer version of the playground, so only the words are shown. Reload the page to get the newest
      version, then open the link again.
    </>
  );
}

/** The model that the link names. This is a claim, because anyone can write a link. */
function Claim({ claim: { model } }: { claim: NonNullable<Origin['claim']> }) {
  const engine = usePlaygroundState((state) => state.engine);
  const [isKnown, setKnown] = useState(true);
  useEffect(() => void isHere(model.digest).then(setKnown), [model.digest]);
  const digest = <code>{model.digest.slice(0, 8)}</code>;
  if (engine.phase !== 'ready')
    return (
      <>
        {model.id} {digest}.
      </>
    );
  const { manifest } = engine.info;
  if (manifest.digest === model.digest) return <>{manifest.name}, which is loaded: you can check it.</>;
  return (
    <>
      {isKnown ? (
        <>
          another model, {model.id} {digest}.
        </>
      ) : (
        <>
          {model.id} (SHA-256 <code>{model.digest}</code>), which is not published here. Drop its folder on
          the page to continue or verify the text.
        </>
      )}{' '}
      {manifest.name} is loaded and reads it as typed text.
    </>
  );
}

function Verify({ model }: Pick<NonNullable<Origin['claim']>, 'model'>) {
  const playground = usePlayground();
  const isLoaded = usePlaygroundState(
    ({ engine }) => engine.phase === 'ready' && engine.info.manifest.digest === model.digest,
  );
  if (!isLoaded) return null;
  return (
    <button type="button" className="worded" onClick={() => playground.verify()}>
      Verify
    </button>
  );
}

function TakeSettings({ sampling }: Pick<NonNullable<Origin['claim']>, 'sampling'>) {
  const playground = usePlayground();
  const inForce = usePlaygroundState(({ settings, engine }) =>
    samplingKey(samplingOf(settings, engine.phase === 'ready' ? engine.info.manifest : null)),
  );
  const isRandom = usePlaygroundState(({ settings }) => settings.randomSeed);
  if (!isRandom && inForce === samplingKey(sampling)) return null;
  return (
    <button type="button" className="worded" onClick={() => playground.takeSettings(sampling)}>
      Use these settings
    </button>
  );
}
