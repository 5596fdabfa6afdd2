import { useEffect, useState } from 'react';
import { isHere } from '../../models';
import { usePlaygroundState } from '../../playground-context';

/** The line above a text whose model is gone, for example a taught model that was deleted. */
export function WriterLine() {
  const model = usePlaygroundState(({ history }) => history?.present.model ?? null);
  const engine = usePlaygroundState((state) => state.engine);
  const [isGone, setGone] = useState(false);
  const digest = model?.digest;
  useEffect(() => {
    setGone(false);
    if (digest) void isHere(digest).then((here) => setGone(!here));
  }, [digest]);
  if (!isGone || !model || engine.phase !== 'ready') return null;
  return (
    <p className="start-line">
      The model of this text, {model.id} (SHA-256 <code>{model.digest.slice(0, 16)}</code>), is not in this
      browser. {engine.info.manifest.name} reads the words as typed text. To go on with that model, drop its
      file on the page.
    </p>
  );
}
