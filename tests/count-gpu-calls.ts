/** Counts of WebGPU calls, from wrapped methods. Live bytes are not yet destroyed. */
export interface GpuCalls {
  readonly dispatches: number;
  readonly submits: number;
  readonly maps: number;
  /** All buffers, bind groups, pipelines, shader modules, textures and query sets created so far. */
  readonly created: number;
  readonly liveBytes: number;
}

type Method = (this: object, ...values: never[]) => unknown;

/** Wraps WebGPU's prototypes, if there are any. The returned function gives the counts so far. */
export function countGpuCalls(): () => GpuCalls {
  const calls = { dispatches: 0, submits: 0, maps: 0, created: 0, liveBytes: 0 };
  const live = new Map<object, number>();
  const wrap = (type: string, method: string, after: (self: object, result: unknown) => void) => {
    const prototype = (
      globalThis as unknown as Record<string, { prototype: Record<string, Method> } | undefined>
    )[type]?.prototype;
    if (!prototype?.[method]) return;
    const original = prototype[method];
    prototype[method] = function (this: object, ...values: never[]) {
      const result = original.apply(this, values);
      after(this, result);
      return result;
    };
  };

  wrap('GPUComputePassEncoder', 'dispatchWorkgroups', () => calls.dispatches++);
  wrap('GPUComputePassEncoder', 'dispatchWorkgroupsIndirect', () => calls.dispatches++);
  wrap('GPUQueue', 'submit', () => calls.submits++);
  wrap('GPUBuffer', 'mapAsync', () => calls.maps++);
  for (const kind of [
    'BindGroup',
    'ComputePipeline',
    'ComputePipelineAsync',
    'ShaderModule',
    'Texture',
    'QuerySet',
  ])
    wrap('GPUDevice', `create${kind}`, () => calls.created++);
  wrap('GPUDevice', 'createBuffer', (_device, buffer) => {
    const { size } = buffer as GPUBuffer;
    calls.created++;
    calls.liveBytes += size;
    live.set(buffer as object, size);
  });
  wrap('GPUBuffer', 'destroy', (buffer) => {
    calls.liveBytes -= live.get(buffer) ?? 0;
    live.delete(buffer);
  });
  return () => ({ ...calls });
}
