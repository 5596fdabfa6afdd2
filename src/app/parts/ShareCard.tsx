import { commandOf } from '../commands';
import { late } from '../components/late';
import { tipOf } from '../keyboard/labels';
import { ShareIcon } from './icons';
import { Popover } from './Popover';

const Sharing = late(() => import('../sharing/Sharing'), { name: 'Sharing' });

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
      {(close) => <Sharing onDone={close} />}
    </Popover>
  );
}
