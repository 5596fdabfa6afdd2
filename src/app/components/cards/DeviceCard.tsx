import type { BackendInfo, EngineInfo } from '../../../workers/messages';
import { openPage } from '../../address';
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

export function deviceLabel({ backend }: EngineInfo): string {
  return `Runs on: ${NAMES[backend.kind]}`;
}

/** The backend that runs the model, and why it was chosen. */
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
          <span className="fact-name">{NAMES[info.backend.kind]}</span>
        </>
      }
    >
      {(close) => <Device info={info} onDone={close} />}
    </Popover>
  );
}

/** The content of the device's card. */
export function Device({ info: { backend, memory }, onDone }: { info: EngineInfo; onDone(): void }) {
  return (
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
          onDone();
          openPage('benchmark');
        }}
      >
        Benchmark
      </button>
    </>
  );
}
