import { commandOf } from '../../commands';
import { tipOf } from '../../keyboard/labels';
import { Popover } from '../controls/Popover';
import { late } from '../late';

const Sharing = late(() => import('../../sharing/Sharing'), { name: 'Sharing' });

/** Shares the text as a link, an image or a file, and opens files. */
export function ShareCard() {
  return (
    <Popover
      id="share"
      label="Share"
      tip={tipOf(commandOf('share'))}
      side="below"
      className="quiet-button in-bar"
      button="Share"
    >
      {(close) => <Sharing onDone={close} />}
    </Popover>
  );
}
