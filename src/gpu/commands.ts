import type { Kernel } from './kernels';

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

/** Buffers, or parts of them, by the names of a kernel's bindings. */
export type Resources = Readonly<Record<string, GPUBuffer | GPUBufferBinding>>;

/** Binds resources to a kernel. @throws Error if they differ from the bindings in its WGSL */
export function bind(
  device: GPUDevice,
  { name, pipeline, bindings }: Kernel,
  resources: Resources,
): GPUBindGroup {
  const missing = [...bindings.keys()].filter((binding) => !(binding in resources));
  const unknown = Object.keys(resources).filter((binding) => !bindings.has(binding));
  if (missing.length + unknown.length > 0)
    throw new Error(
      `The kernel ${name} declares the bindings ${[...bindings.keys()].join(', ')}. ` +
        `Missing: ${missing.join(', ') || 'none'}. Unknown: ${unknown.join(', ') || 'none'}.`,
    );
  return device.createBindGroup({
    label: name,
    layout: pipeline.getBindGroupLayout(0),
    entries: Object.entries(resources).map(([binding, resource]) => ({
      binding: bindings.get(binding)!,
      resource: 'buffer' in resource ? resource : { buffer: resource },
    })),
  });
}

export function reversed({ from, fromByte, to, toByte, bytes }: Copy): Copy {
  return { from: to, fromByte: toByte, to: from, toByte: fromByte, bytes };
}

/** Stride of uniforms in a shared buffer, in bytes. */
const UNIFORM_STRIDE = 256;

/** Contents of a buffer of uniforms, each a structure of structs.ts. */
export function packUniforms(uniforms: readonly Uint32Array[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array((uniforms.length * UNIFORM_STRIDE) / 4);
  for (const [n, uniform] of uniforms.entries()) words.set(uniform, (n * UNIFORM_STRIDE) / 4);
  return words;
}

export function uniform(buffer: GPUBuffer, n: number): GPUBufferBinding {
  return { buffer, offset: n * UNIFORM_STRIDE, size: 64 };
}
