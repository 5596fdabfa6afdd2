import { type RefObject, useEffect, useRef, useState } from 'react';
import { BEGINNINGS } from '../../examples';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { isSameText } from '../../store/document/same-text';
import { typedText } from '../../store/document/text-value';
import { useExample } from '../../use-example';
import { useFollowEnd } from '../../use-follow-end';
import { usePrinting } from '../../use-printing';
import { useIsForeign } from '../../use-tokens';
import { DownIcon } from '../controls/icons';
import { Guard } from '../Guard';
import { late } from '../late';
import { DocumentHead } from './DocumentHead';
import { Introduction } from './Introduction';
import { StillText } from './StillText';
import { Try } from './Try';

/** The page and the embedded lens have the same one. */
export const Editor = late(() => import('../../editor/Editor'), { name: 'The editor' });
const AboutText = late(() => import('./AboutText'), { name: 'The line about this text' });
const Verification = late(() => import('./Verification'), { name: 'The verification result' });

const NEAR_END = 64; // px

/** The scrolling page with the document. */
export function TextPage() {
  const scroller = useRef<HTMLElement>(null);
  const column = useRef<HTMLDivElement>(null);
  useFollowEnd(scroller, column);
  const isPrinting = usePrinting();
  const runs = usePlaygroundState((state) => state.history?.present.runs);
  const hasStart = usePlaygroundState((state) => state.history?.present.start !== undefined);
  const isForeign = useIsForeign();
  const isVerified = usePlaygroundState(
    ({ verified, history }) =>
      verified !== null && history !== null && isSameText(verified.runs, history.present.runs),
  );
  const isShared = usePlaygroundState(({ history }) => history?.present.origin?.isKnown === false);
  const example = useExample();
  const above = isShared ? <AboutText line="origin" /> : <Introduction />;
  const isEmpty = runs?.every((run) => !run.text) ?? false;
  return (
    <main className="page" ref={scroller}>
      <div className={example ? 'column shows-example' : 'column'} ref={column}>
        <Guard part={{ name: 'The line above the text' }}>
          {isVerified ? <Verification meanwhile={() => above} /> : above}
        </Guard>
        <Guard part={{ name: 'The row above the text' }}>
          <DocumentHead />
        </Guard>
        {hasStart ? <AboutText line="start" /> : isForeign && !isShared ? <AboutText line="writer" /> : null}
        {runs && isPrinting ? <StillText runs={runs} isWhole /> : null}
        {runs ? <Editor meanwhile={(isAll) => <StillText runs={runs} isWhole={isAll} />} /> : null}
        {isEmpty && !hasStart ? <Beginnings /> : null}
        <Guard part={{ name: 'The things to try' }}>{example ? <Try example={example} /> : null}</Guard>
        <p id="sources-explained" className="for-listeners">
          Text by a model is marked as an insertion. Tab leaves the text.
        </p>
      </div>
      <JumpToEnd scroller={scroller} />
    </main>
  );
}

function Beginnings() {
  const playground = usePlayground();
  return (
    <div className="beginnings">
      <p id="beginnings">Start from</p>
      <ul aria-labelledby="beginnings">
        {BEGINNINGS.map(({ name, text }) => (
          <li key={name}>
            <button type="button" className="pill" onClick={() => playground.texts.add(typedText(text))}>
              {name}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A button to scroll to the end, shown while the model writes out of sight. */
function JumpToEnd({ scroller }: { scroller: RefObject<HTMLElement | null> }) {
  const isWriting = usePlaygroundState((state) => state.work.phase === 'writing');
  const [isAway, setAway] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setAway(!entry.isIntersecting), {
      root: scroller.current,
      rootMargin: `${NEAR_END}px`,
    });
    observer.observe(end.current!);
    return () => observer.disconnect();
  }, [scroller]);
  const jump = () => scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  return (
    <>
      <div ref={end} />
      {isWriting && isAway ? (
        <button type="button" className="pill jump" onClick={jump}>
          <DownIcon /> Jump to newest
        </button>
      ) : null}
    </>
  );
}
