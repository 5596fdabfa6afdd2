import { useEffect, useRef, useState } from 'react';
import type { StoreApi } from 'zustand/vanilla';
import { cancelled, EngineError, type ErrorData } from '../../model/runtime/errors';
import { type BenchmarkProgress, type DeviceReport, measureDevice } from '../../workers/benchmark-client';
import { FullPage, PageError, PageProgress } from '../components/FullPage';
import { count } from '../format';
import { findModel } from '../models';
import { usePlayground } from '../playground-context';
import type { PlaygroundState } from '../store/state';
import { Results } from './Results';

type Phase =
  | { readonly name: 'ready' }
  | { readonly name: 'running'; readonly progress: BenchmarkProgress }
  | { readonly name: 'failed'; readonly error: ErrorData }
  | { readonly name: 'done'; readonly report: DeviceReport };

const REACHES = [65536, 8192];

/** The last position, in tokens, in the address (`?benchmark=8192`). */
function chosenReach(): number {
  const value = Number.parseInt(new URLSearchParams(location.search).get('benchmark') ?? '', 10);
  return value >= 64 ? value : REACHES[0];
}

/** A page over the text that measures speed and memory on this device. */
export default function BenchmarkPage() {
  const playground = usePlayground();
  const [reach] = useState(chosenReach);
  const [far, setFar] = useState(reach);
  const [phase, setPhase] = useState<Phase>({ name: 'ready' });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const measure = async () => {
    const controller = new AbortController();
    running.current = controller;
    const tell = (progress: BenchmarkProgress) => {
      if (running.current === controller) setPhase({ name: 'running', progress });
    };
    tell({ label: 'Waiting for the model to load', part: 0 });
    try {
      await settled(playground.store, controller.signal);
      const { settings, history } = playground.store.getState();
      const model = await findModel(history?.present.model ?? null, controller.signal);
      const request = { model, backend: settings.backend, far };
      setPhase({ name: 'done', report: await measureDevice(request, tell, controller.signal) });
    } catch (thrown) {
      const error = EngineError.from(thrown);
      setPhase(error.code === 'cancelled' ? { name: 'ready' } : { name: 'failed', error: error.toData() });
    } finally {
      running.current = null;
    }
  };

  return (
    <FullPage title="Benchmark">
      <Explanation />
      {phase.name === 'running' ? (
        <PageProgress {...phase.progress} onCancel={() => running.current?.abort()} />
      ) : (
        <Start far={far} reaches={[...new Set([...REACHES, reach])]} onFar={setFar} onStart={measure} />
      )}
      {phase.name === 'failed' ? <PageError error={phase.error} /> : null}
      {phase.name === 'done' ? <Results report={phase.report} /> : null}
    </FullPage>
  );
}

/** Resolves when the page's own engine has finished loading, because loading would disturb the measurement. */
function settled(store: StoreApi<PlaygroundState>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = ({ engine }: PlaygroundState) => {
      if (engine.phase !== 'loading') resolve();
    };
    look(store.getState());
    const unsubscribe = store.subscribe(look);
    signal.addEventListener('abort', () => {
      unsubscribe();
      reject(cancelled());
    });
  });
}

function Explanation() {
  return (
    <>
      <p>
        The model runs in this browser, on the GPU through WebGPU or on the CPU. This page measures its speed
        on this device, and whether the speed stays the same as a text grows. In most language models, each
        new token attends to all earlier tokens, so longer texts cost more per token. This model keeps a state
        of fixed size, so each token should cost the same time and memory.
      </p>
      <p>
        The benchmark reads a long text, then writes at several positions in turn. It does not change your own
        text, and nothing leaves this device. Close other programs for stable results.
      </p>
    </>
  );
}

interface StartProps {
  readonly far: number;
  readonly reaches: readonly number[];
  onFar(far: number): void;
  onStart(): void;
}

function Start({ far, reaches, onFar, onStart }: StartProps) {
  return (
    <div className="full-page-actions">
      <button type="button" className="write-button" onClick={onStart}>
        Measure
      </button>
      <fieldset>
        <legend>Length of the text</legend>
        {reaches.map((reach) => (
          <label key={reach}>
            <input type="radio" name="far" checked={reach === far} onChange={() => onFar(reach)} />
            {count(reach)} tokens
          </label>
        ))}
      </fieldset>
    </div>
  );
}
