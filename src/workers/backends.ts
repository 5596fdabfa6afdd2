import type { Backend, BackendKind, ModelData } from '../model/backend';
import { EngineError } from '../model/errors';
import type { ChosenBackend } from './engine';
import type { BackendChoice } from './messages';

/** Starts the backend that is asked for, or the best that this device has: WebGPU on a real GPU, else the CPU. */
export async function createBackend(
  model: ModelData,
  choice: BackendChoice,
  gpu: GPU | undefined,
): Promise<ChosenBackend> {
  if (choice !== 'auto') return chosen(await startBackend(choice, model, gpu), null);
  let reason = await whyNotWebGpu(gpu);
  for (const kind of reason === null ? (['webgpu', 'cpu'] as const) : (['cpu'] as const))
    try {
      return chosen(await startBackend(kind, model, gpu), reason);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'device') throw error;
      reason = error.message;
    }
  return chosen(await startBackend('reference', model, gpu), reason);
}

/** Starts one backend. Each is loaded when it is wanted. @throws EngineError 'device' where it cannot run. */
export async function startBackend(
  kind: BackendKind,
  model: ModelData,
  gpu: GPU | undefined,
): Promise<Backend> {
  if (kind === 'webgpu') {
    const { createWebGpuBackend } = await import('../gpu/webgpu-backend');
    return createWebGpuBackend(model, gpu);
  }
  if (kind === 'cpu') {
    const { createWasmBackend } = await import('../cpu/wasm-backend');
    return createWasmBackend(model);
  }
  const { ReferenceBackend } = await import('../model/reference-backend');
  return new ReferenceBackend(model);
}

async function whyNotWebGpu(gpu: GPU | undefined): Promise<string | null> {
  if (!gpu) return 'This browser does not offer WebGPU here, so the model runs on the processor.';
  const { reportAdapter } = await import('../gpu/device');
  const adapter = await reportAdapter(gpu);
  if (!adapter) return 'The browser found no graphics device for WebGPU, so the model runs on the processor.';
  if (adapter.isSoftware)
    return `The only WebGPU device here is emulated in software (${adapter.name}); the processor itself is faster.`;
  return null;
}

function chosen(backend: Backend, reason: string | null): ChosenBackend {
  return { backend, info: { kind: backend.kind, device: backend.device, reason } };
}
