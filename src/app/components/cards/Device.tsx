import type { BackendInfo, EngineInfo } from '../../../workers/messages';
import { openPage } from '../../address';
import { bytes } from '../../format';
import { BACKEND_NAMES } from './backend-names';

const EXPLANATIONS: Record<BackendInfo['kind'], string> = {
  webgpu: 'The model runs on your GPU.',
  cpu: 'The model runs on your CPU.',
  reference:
    'The model runs on your CPU in float64: the reference that tests compare the other backends with. It is slower.',
};

/** The backend that runs the model, and why it was chosen. */
export default function Device({ info, onDone }: { info: EngineInfo; onDone(): void }) {
  const { backend, memory } = info;
  return (
    <>
      <h2>Runs on {BACKEND_NAMES[backend.kind]}</h2>
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
