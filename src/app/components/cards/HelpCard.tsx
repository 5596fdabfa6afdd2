import { commandOf } from '../../commands';
import { tipOf } from '../../keyboard/labels';
import { HelpIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';
import { late } from '../late';

const Help = late(() => import('./Help'), { name: 'The help' });

export function HelpCard() {
  return (
    <Popover
      id="help"
      label="Help and shortcuts"
      tip={tipOf(commandOf('help'))}
      side="below"
      button={
        <>
          <HelpIcon />
          <span className="for-listeners">Help and shortcuts</span>
        </>
      }
    >
      <Help />
    </Popover>
  );
}
