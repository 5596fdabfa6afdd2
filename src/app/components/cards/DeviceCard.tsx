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
  webgpu: 'The model runs on your GPU.',
  cpu: 'The model runs on your CPU.',
  reference:
    'The model runs on your CPU in float64: the reference that tests compare the other backends with. It is slower.',
};

/** The backend that runs the model, and why it was chosen. */
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
            <small>Nothing you write leaves this device.</small>
          </p>
          <button
            type="button"
            className="worded"
            onClick={() => {
              close();
              openBenchmark();
            }}
          >
            Benchmark
          </button>
        </>
      )}
    </Popover>
  );
}
