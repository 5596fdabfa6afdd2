import type { EngineInfo } from '../../../workers/messages';
import { Popover } from '../controls/Popover';
import { late } from '../late';
import { BACKEND_NAMES, deviceLabel } from './backend-names';

export const Device = late(() => import('./Device'), { name: 'The description of the device' });

/** The name of the backend, which opens the device's card. */
export function DeviceCard({ info }: { info: EngineInfo }) {
  return (
    <Popover
      id="device"
      label={deviceLabel(info)}
      side="below"
      className="quiet-button in-bar"
      button={
        <>
          <span className="fact-lamp" aria-hidden="true" />
          <span className="for-listeners">Runs on:</span>
          <span className="fact-name">{BACKEND_NAMES[info.backend.kind]}</span>
        </>
      }
    >
      {(close) => <Device info={info} onDone={close} />}
    </Popover>
  );
}
