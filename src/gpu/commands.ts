import type { Kernels } from './kernels';

/** A dispatch of one kernel over a grid. */
export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
  readonly x: number;
  readonly y: number;
}

export interface Copy {
  readonly from: GPUBuffer;
  readonly fromByte: number;
  readonly to: GPUBuffer;
  readonly toByte: number;
  readonly bytes: number;
}

export type Command = Dispatch | Copy;

/** Encodes commands in order; neighbouring dispatches share a pass. */
export function encode(device: GPUDevice, commands: readonly Command[]): GPUCommandBuffer {
  const encoder = device.createCommandEncoder();
  let pass: GPUComputePassEncoder | null = null;
  for (const command of commands) {
    if ('pipeline' in command) {
      pass ??= encoder.beginComputePass();
      pass.setPipeline(command.pipeline);
      pass.setBindGroup(0, command.bindings);
      pass.dispatchWorkgroups(command.x, command.y);
    } else {
      pass?.end();
      pass = null;
      encoder.copyBufferToBuffer(command.from, command.fromByte, command.to, command.toByte, command.bytes);
    }
  }
  pass?.end();
  return encoder.finish();
}

/** Binds buffers, or parts of them, to a kernel's bindings 0, 1, 2 ... */
export function bind(
  device: GPUDevice,
  kernels: Kernels,
  kernel: keyof Kernels,
  resources: readonly (GPUBuffer | GPUBufferBinding)[],
): GPUBindGroup {
  return device.createBindGroup({
    label: kernel,
    layout: kernels[kernel].getBindGroupLayout(0),
    entries: resources.map((resource, binding) => ({
      binding,
      resource: 'buffer' in resource ? resource : { buffer: resource },
    })),
  });
}

export function reversed({ from, fromByte, to, toByte, bytes }: Copy): Copy {
  return { from: to, fromByte: toByte, to: from, toByte: fromByte, bytes };
}

/** Stride of uniforms in a shared buffer, in bytes. */
const UNIFORM_STRIDE = 256;

/** Contents of a buffer of uniforms, each a few uint32. */
export function packUniforms(uniforms: readonly (readonly number[])[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array((uniforms.length * UNIFORM_STRIDE) / 4);
  for (const [n, uniform] of uniforms.entries()) words.set(uniform, (n * UNIFORM_STRIDE) / 4);
  return words;
}

export function uniform(buffer: GPUBuffer, n: number): GPUBufferBinding {
  return { buffer, offset: n * UNIFORM_STRIDE, size: 32 };
}
