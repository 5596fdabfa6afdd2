import { lazy, Suspense } from 'react';
import { commandOf } from '../commands';
import { tipOf } from '../keyboard/labels';
import { ShareIcon } from './icons';
import { Popover } from './Popover';

const Sharing = lazy(() => import('../sharing/Sharing'));

/** The text as a link, a picture or a file, and the way back in for a file. */
export function ShareCard() {
  return (
    <Popover
      id="share"
      label="Share"
      tip={tipOf(commandOf('share'))}
      side="below"
      button={
        <>
          <ShareIcon />
          <span className="for-listeners">Share</span>
        </>
      }
    >
      {(close) => (
        <Suspense>
          <Sharing onDone={close} />
        </Suspense>
      )}
    </Popover>
  );
}
