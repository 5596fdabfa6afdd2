// Upper limits of an adapter, independent of our kernels.

import { type Estimate, estimate } from '../src/workers/statistics';

/** Milliseconds of `work` on the device, repeated so often that the wait does not matter. */
async function timed(
  machine: GPUDevice,
  encode: (encoder: GPUCommandEncoder, times: number) => void,
): Promise<number> {
  const run = async (times: number) => {
    const encoder = machine.createCommandEncoder();
    encode(encoder, times);
    const commands = encoder.finish();
    const started = performance.now();
    machine.queue.submit([commands]);
    await machine.queue.onSubmittedWorkDone();
    return performance.now() - started;
  };
  for (let times = 1; ; times *= 2) {
    const ms = Math.min(await run(times), await run(times)); // the first run compiles
    if (ms > 20 || times >= 2 ** 14) return ms / times;
  }
}

const DEPENDENT = `@group(0) @binding(0) var<storage, read_write> sum: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) { sum[id.x] += 1u; }`;

/** Measures copy rates (bytes read plus bytes written), and the least time of a dispatch and of a wait. */
export async function adapterLimits(
  adapter: GPUAdapter,
  bytes: readonly number[],
  count: number,
): Promise<Record<string, Estimate>> {
  const machine = await adapter.requestDevice();
  const { COPY_SRC, COPY_DST, STORAGE } = GPUBufferUsage;
  const buffer = (size: number) => machine.createBuffer({ size, usage: COPY_SRC | COPY_DST | STORAGE });
  const module = machine.createShaderModule({ code: DEPENDENT });
  const pipeline = machine.createComputePipeline({ layout: 'auto', compute: { module } });
  const bindings = [{ binding: 0, resource: { buffer: buffer(256) } }];
  const group = machine.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: bindings });
  const rates: Record<string, number[]> = {};
  for (const size of bytes) {
    const [from, to] = [buffer(size), buffer(size)];
    const copy = (encoder: GPUCommandEncoder, times: number) => {
      for (let i = 0; i < times; i++) encoder.copyBufferToBuffer(from, 0, to, 0, size);
    };
    const samples: number[] = [];
    rates[`copies of ${(size / 1e6).toPrecision(3)} MB, GB/s`] = samples;
    for (let i = 0; i < count; i++) samples.push(size / (await timed(machine, copy)) / 1e6);
    from.destroy();
    to.destroy();
  }
  const dispatches = (encoder: GPUCommandEncoder, times: number) => {
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < times; i++) pass.dispatchWorkgroups(1);
    pass.end();
  };
  const [each, waits]: [number[], number[]] = [[], []];
  for (let i = 0; i < count; i++) each.push(1000 * (await timed(machine, dispatches)));
  for (let i = 0; i < 5 * count; i++) {
    const started = performance.now();
    const encoder = machine.createCommandEncoder();
    dispatches(encoder, 1);
    machine.queue.submit([encoder.finish()]);
    await machine.queue.onSubmittedWorkDone();
    waits.push(1000 * (performance.now() - started));
  }
  Object.assign(rates, { 'dependent dispatch, us': each, 'submission and wait, us': waits });
  machine.destroy();
  return Object.fromEntries(Object.entries(rates).map(([what, samples]) => [what, estimate(samples)]));
}
