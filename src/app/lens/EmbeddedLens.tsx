import { useEffect, useLayoutEffect, useState } from 'react';
import { embeddedView, linkTo } from '../address';
import { EngineStatus, Notice } from '../components/document/StatusStrip';
import { StillText } from '../components/document/StillText';
import { Editor } from '../components/document/TextPage';
import { Guard } from '../components/Guard';
import { listModels } from '../models';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { titleOf } from '../store/document/article';
import { LENS_MODES, LENS_NAMES, type LensMode } from '../store/engine/lens-view';
import { encodeText } from '../store/links/sharing';
import LensPanel from './LensPanel';

/** One view of the lens for a frame in another page: the text if the view tints it, the view, and a link to the whole page. */
export default function EmbeddedLens() {
  useLinkedView();
  const mode = usePlaygroundState(({ lens }) => lens.mode);
  const runs = usePlaygroundState(({ history }) => history?.present.runs);
  return (
    <div className="embed">
      <main className={mode === 'text' ? 'embed-views with-text' : 'embed-views'}>
        <h1 className="for-listeners">Attention lens: {LENS_NAMES[mode]}</h1>
        {mode === 'text' && runs ? (
          <div className="page">
            <div className="column">
              <Editor isReadOnly meanwhile={(isAll) => <StillText runs={runs} isWhole={isAll} />} />
            </div>
          </div>
        ) : null}
        <Guard part={{ name: 'The lens' }}>
          <LensPanel isAlone />
        </Guard>
      </main>
      <Notice />
      <EngineStatus />
      <Foot />
    </div>
  );
}

/** Shows the lens on each text that a link opens, in the view that the address names, with the settings of the link. */
function useLinkedView(): void {
  const playground = usePlayground();
  const origin = usePlaygroundState(({ history }) => history?.present.origin);
  useLayoutEffect(() => {
    // before the effect that makes the link back
    const mode = embeddedView() as LensMode;
    playground.show('lens');
    if (LENS_MODES.includes(mode)) playground.lens.set({ mode });
    if (origin?.claim) playground.takeSettings(origin.claim.sampling);
  }, [playground, origin]);
}

function Foot() {
  const title = usePlaygroundState(({ history }) => titleOf(history?.present.runs ?? [])?.words);
  const name = usePlaygroundState(({ engine }) =>
    engine.phase === 'ready' ? engine.info.manifest.name : null,
  );
  return (
    <footer>
      <span>{[title, name].filter(Boolean).join(' · ')}</span>
      <a href={useLink()} target="_blank" rel="noopener">
        Open in LeaPformer Playground
      </a>
    </footer>
  );
}

/** The link to the whole page, with this text in this view. */
function useLink(): string {
  const playground = usePlayground();
  const runs = usePlaygroundState(({ history }) => history?.present.runs);
  const view = usePlaygroundState(({ lens }) => lens);
  const [fragment, setFragment] = useState(location.hash.slice(1));
  // biome-ignore lint/correctness/useExhaustiveDependencies: again for another text or view
  useEffect(() => {
    if (!runs) return;
    let isOver = false;
    const firstModel = async () => (await listModels())[0];
    encodeText(playground, firstModel).then(
      (encoded) => isOver || setFragment(encoded),
      () => {}, // the link of the address still opens
    );
    return () => {
      isOver = true;
    };
  }, [playground, runs, view]);
  return linkTo(fragment);
}
