import type { BackendInfo, EngineInfo } from '../../../workers/messages';
import { openBenchmark } from '../../address';
import { bytes } from '../../format';
import { Popover } from '../controls/Popover';

const NAMES: Record<BackendInfo['kind'], string> = {
  webgpu: 'WebGPU',
  cpu: 'CPU',
  reference: 'CPU, reference',
};

const EXPLANATIONS: Record<BackendInfo['kind'], string> = {
  webgpu:
    'The graphics processor of this device does the arithmetic, through the browser’s WebGPU interface.',
  cpu: 'The processor of this device does the arithmetic.',
  reference:
    'The processor of this device does the arithmetic, by the plain program that the others are checked against. It is exact, and slower.',
};

/** What the model runs on, and why. Nothing leaves the device. */
export function DeviceCard({ info: { backend, memory } }: { info: EngineInfo }) {
  return (
    <Popover
      id="device"
      label={`Runs on: ${NAMES[backend.kind]}`}
      side="below"
      className="quiet-button fact"
      button={
        <>
          <span className="fact-lamp" aria-hidden="true" />
          <span className="for-listeners">Runs on:</span>
          <span className="fact-name">{NAMES[backend.kind]}</span>
        </>
      }
    >
      {(close) => (
        <>
          <h2>Runs on {NAMES[backend.kind]}</h2>
          <p>{EXPLANATIONS[backend.kind]}</p>
          {backend.reason ? <p>{backend.reason}</p> : null}
          <dl>
            <dt>Device</dt>
            <dd>{backend.device}</dd>
            <dt>Weights in memory</dt>
            <dd>{bytes(memory.weights)}</dd>
          </dl>
          <p>
            <small>The model runs in this browser. What you write is sent nowhere.</small>
          </p>
          <button
            type="button"
            className="worded"
            onClick={() => {
              close();
              openBenchmark();
            }}
          >
            Measure this device
          </button>
        </>
      )}
    </Popover>
  );
}
