import type { EngineInfo } from '../../../workers/messages';
import { commandOf } from '../../commands';
import { MoreIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';
import { late } from '../late';
import { deviceLabel } from './backend-names';
import { Device } from './DeviceCard';

const More = late(() => import('./More'), { name: 'The menu' });
const Help = late(() => import('./Help'), { name: 'The help' });
const Demos = late(() => import('./Demos'), { name: 'The list of demos' });

interface Props {
  readonly info: EngineInfo | null;
  /** The menu also holds the entries for which the bars of a narrow window have no room. */
  readonly isNarrow: boolean;
}

/** The last menu of the bar. */
export function MoreCard({ info, isNarrow }: Props) {
  const help = {
    id: 'help',
    label: commandOf('help').name,
    children: (close: () => void) => <Help onDone={close} />,
  } as const;
  const demos = {
    id: 'demos',
    label: commandOf('demos').name,
    children: (close: () => void) => <Demos onChosen={close} />,
  } as const;
  const device = isNarrow && info;
  return (
    <Popover
      id="more"
      label="More"
      side="below"
      button={
        <>
          <MoreIcon />
          <span className="for-listeners">More</span>
        </>
      }
      others={
        device
          ? [
              help,
              demos,
              {
                id: 'device',
                label: deviceLabel(device),
                children: (close) => <Device info={device} onDone={close} />,
              },
            ]
          : [help, demos]
      }
    >
      {(close) => <More info={info} isNarrow={isNarrow} onDone={close} />}
    </Popover>
  );
}
