import { commandOf } from '../../commands';
import { tipOf } from '../../keyboard/labels';
import { ShareIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';
import { late } from '../late';

const Sharing = late(() => import('../../sharing/Sharing'), { name: 'Sharing' });

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
