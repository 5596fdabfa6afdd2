import { createWasmBackend } from '../../src/cpu/wasm-backend';
import type { BackendKind, ModelData } from '../../src/model/runtime/backend';
import { startBackend } from '../../src/workers/backends';
import type { Device, Entry, Form } from './contender';
import { LeapformerContender } from './leapformer';
import { OnnxWasm } from './onnxruntime-wasm';
import { OnnxWebGpu } from './onnxruntime-webgpu';

/** The same model in the two precisions under comparison. */
export interface Models {
  readonly float32: ModelData;
  readonly int8: ModelData;
}

/** All contenders. @param onnx reads a file that setup.ts exports */
export function entries(
  models: Models,
  gpu: GPU | undefined,
  onnx: (name: string) => Promise<Uint8Array>,
): Entry[] {
  const leapformer = (device: Device, kind: BackendKind, form: 'float32' | 'int8'): Entry => ({
    runtime: 'LeaPformer',
    device,
    form,
    create: async () => LeapformerContender.open(await startBackend(kind, models[form], gpu)),
  });
  const { config } = models.float32;
  const onWasm = (form: Form, file: string): Entry => ({
    runtime: 'ORT',
    device: 'WASM',
    form,
    create: async () => OnnxWasm.open(await onnx(file), config),
  });
  const onWebGpu = (form: Form, file: string): Entry => ({
    runtime: 'ORT',
    device: 'WebGPU',
    form,
    create: async () => OnnxWebGpu.open(await onnx(file), config),
  });
  return [
    leapformer('WASM', 'cpu', 'int8'),
    {
      runtime: 'LeaPformer',
      device: 'WASM',
      form: 'int8, int16 activations',
      create: async () =>
        LeapformerContender.open(await createWasmBackend(models.int8, { activations: 'int16' })),
    },
    leapformer('WASM', 'cpu', 'float32'),
    onWasm('float32', 'float32.onnx'),
    onWasm('int8', 'int8.onnx'),
    onWasm('int8, int8 activations', 'int8-dynamic.onnx'),
    leapformer('WebGPU', 'webgpu', 'int8'),
    leapformer('WebGPU', 'webgpu', 'float32'),
    onWebGpu('float32', 'float32.onnx'),
    onWebGpu('int8', 'int8.onnx'),
  ];
}
