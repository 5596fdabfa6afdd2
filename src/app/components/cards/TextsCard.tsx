import { commandOf } from '../../commands';
import { tipOf } from '../../keyboard/labels';
import { ChevronIcon, TextsIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';
import { late } from '../late';

const Texts = late(() => import('./Texts'), { name: 'The list of texts' });

/** The name of the shown text, which opens the list of the texts in this browser. */
export function TextsCard({ name }: { name: string }) {
  return (
    <Popover
      id="texts"
      label="Your texts"
      tip={tipOf(commandOf('texts'))}
      side="below"
      className="quiet-button in-bar fact"
      button={
        <>
          <TextsIcon />
          <span className="for-listeners">Your texts:</span>
          <bdi className="fact-name">{name}</bdi>
          <ChevronIcon />
        </>
      }
    >
      {(close) => <Texts onDone={close} />}
    </Popover>
  );
}
