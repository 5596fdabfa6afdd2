import { commandOf } from '../../commands';
import { tipOf } from '../../keyboard/labels';
import { TextsIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';
import { late } from '../late';

const Texts = late(() => import('./Texts'), { name: 'The list of texts' });

/** The texts that are saved in this browser. */
export function TextsCard() {
  return (
    <Popover
      id="texts"
      label="Your texts"
      tip={tipOf(commandOf('texts'))}
      side="below"
      button={
        <>
          <TextsIcon />
          <span className="for-listeners">Your texts</span>
        </>
      }
    >
      {(close) => <Texts onDone={close} />}
    </Popover>
  );
}
