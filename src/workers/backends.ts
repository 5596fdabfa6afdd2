import type { WasmOptions } from '../cpu/wasm-backend';
import { BACKENDS, type Backend, type BackendKind, type ModelData, nextBest } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import type { BackendChoice } from './messages';
import type { ChosenBackend } from './runner';

/**
 * Starts the requested backend or the best one on this device (WebGPU on a real GPU, else the CPU), with one open stream.
 * If a backend does not start or computes wrong numbers, it falls back to the next best. `reason` explains the choice.
 */
export async function createBackend(
  model: ModelData,
  choice: BackendChoice,
  gpu: GPU | undefined,
  onCpu: WasmOptions = {},
): Promise<ChosenBackend> {
  const noGpu = choice === 'auto' ? await whyNotWebGpu(gpu) : null;
  const reasons = noGpu ? [noGpu] : [];
  const [best] = noGpu ? nextBest('webgpu') : BACKENDS;
  const first = choice === 'auto' ? best : choice;
  for (const kind of [first, ...nextBest(first)])
    try {
      return await open(kind, model, gpu, onCpu, reasons.join(' ') || null);
    } catch (thrown) {
      const error = EngineError.from(thrown);
      if (kind !== 'webgpu' && error.code !== 'device') throw error;
      reasons.push(error.code === 'device' ? error.message : noStart(error));
    }
  throw new EngineError('device', reasons.join(' '), 'Close other tabs, or choose a smaller model.');
}

/** Shortens an error of WebGPU for the page, because a compiler's message may have many lines. */
function noStart({ message }: EngineError): string {
  const [first] = message.split('\n');
  return `WebGPU did not start (${first.slice(0, 200)}), so the model runs on the CPU.`;
}

async function open(
  kind: BackendKind,
  model: ModelData,
  gpu: GPU | undefined,
  onCpu: WasmOptions,
  reason: string | null,
): Promise<ChosenBackend> {
  const backend = await startBackend(kind, model, gpu, onCpu);
  try {
    const streams = await backend.open(1);
    if (kind === 'webgpu' && model.proof) {
      const { prove } = await import('../model/runtime/proof');
      await prove(streams, model.proof);
    }
    return { backend, streams, info: { kind, device: backend.device, reason } };
  } catch (error) {
    backend.destroy();
    throw error;
  }
}

/** Starts one backend, and loads its code on demand. @throws EngineError 'device' if it cannot run. */
export async function startBackend(
  kind: BackendKind,
  model: ModelData,
  gpu: GPU | undefined,
  onCpu: WasmOptions = {},
): Promise<Backend> {
  if (kind === 'webgpu') {
    const { createWebGpuBackend } = await import('../gpu/webgpu-backend');
    return createWebGpuBackend(model, gpu);
  }
  if (kind === 'cpu') {
    const { createWasmBackend } = await import('../cpu/wasm-backend');
    return createWasmBackend(model, onCpu);
  }
  const { ReferenceBackend } = await import('../model/runtime/reference-backend');
  return new ReferenceBackend(model);
}

/** The reason not to start WebGPU; null if there is none. */
export async function whyNotWebGpu(gpu: GPU | undefined): Promise<string | null> {
  if (!gpu) return 'This browser does not offer WebGPU here, so the model runs on the CPU.';
  const { reportAdapter } = await import('../gpu/device');
  const adapter = await reportAdapter(gpu).catch(() => null);
  if (!adapter) return 'The browser found no GPU for WebGPU, so the model runs on the CPU.';
  if (adapter.isSoftware)
    return `The only WebGPU device here is emulated in software (${adapter.name}), so the model runs on the CPU, which is faster.`;
  return null;
}
