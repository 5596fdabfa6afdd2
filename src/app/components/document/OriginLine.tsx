import { samplingKey } from '../../../share/shared';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import type { Origin } from '../../store/document/text-value';
import { samplingOf } from '../../store/settings/settings';
import { CloseIcon } from '../controls/icons';

/** Above a text that came by a link or a file: whose it is, and what can be done with it. */
export function OriginLine() {
  const playground = usePlayground();
  const origin = usePlaygroundState((state) => state.history?.present.origin);
  if (!origin || origin.isKnown) return null;
  return (
    <aside className="origin" aria-label="About this text">
      <p>
        A shared text {origin.claim ? <Claim claim={origin.claim} /> : <Newer />} It opened as a new text;
        your own are under Your texts.
      </p>
      {origin.claim ? <Verify {...origin.claim} /> : null}
      {origin.claim ? <TakeSettings sampling={origin.claim.sampling} /> : null}
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
      made by a newer version of the playground: only its words can be shown. Reload the page to get the
      newest version, then open the link again.
    </>
  );
}

/** What it says of itself, which need not be so: anyone can write a link. */
function Claim({ claim: { model } }: { claim: NonNullable<Origin['claim']> }) {
  const engine = usePlaygroundState((state) => state.engine);
  const digest = <code>{model.digest.slice(0, 8)}</code>;
  if (engine.phase !== 'ready')
    return (
      <>
        for {model.id} {digest}.
      </>
    );
  const { manifest } = engine.info;
  if (manifest.digest === model.digest)
    return (
      <>
        for {manifest.name} {digest}, loaded here.
      </>
    );
  return (
    <>
      for another model, {model.id} {digest}; {manifest.name}, loaded here, reads it as if it had been typed.
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
      Use its settings
    </button>
  );
}
