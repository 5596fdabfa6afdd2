import { lazy, type RefObject, Suspense, useEffect, useRef, useState } from 'react';
import { BEGINNINGS } from '../examples';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { typedText } from '../store/text-value';
import { useFollowEnd } from '../use-follow-end';
import { DocumentHead } from './DocumentHead';
import { DownIcon } from './icons';
import { OriginLine } from './OriginLine';
import { StillText } from './StillText';

const Editor = lazy(() => import('../editor/Editor'));
const Verification = lazy(() => import('./Verification'));

const NEAR_END = 64; // px

/** The document in the middle, and what scrolls it. */
export function TextPage() {
  const scroller = useRef<HTMLElement>(null);
  const column = useRef<HTMLDivElement>(null);
  useFollowEnd(scroller, column);
  const runs = usePlaygroundState((state) => state.history?.present.runs);
  const isVerified = usePlaygroundState(
    (state) => state.verified !== null && state.verified.runs === state.history?.present.runs,
  );
  const isEmpty = runs?.every((run) => !run.text) ?? false;
  return (
    <main className="page" ref={scroller}>
      <div className="column" ref={column}>
        <OriginLine />
        <Suspense>{isVerified ? <Verification /> : null}</Suspense>
        <DocumentHead />
        {runs ? (
          <Suspense fallback={<StillText runs={runs} />}>
            <Editor />
          </Suspense>
        ) : null}
        {isEmpty ? <Beginnings /> : null}
        <p id="sources-explained" className="for-listeners">
          What the model wrote is marked as an insertion. Tab leaves the text.
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
      <p id="beginnings">Or begin with</p>
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

/** While the model writes below what is being read: the way there. */
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
          <DownIcon /> Writing below
        </button>
      ) : null}
    </>
  );
}
