import type { KernelTime } from '../model/runtime/backend';
import type { Dispatch } from './commands';
import type { Machine } from './machine';

/** Duration of one measurement, which repeats a kernel, because browsers round GPU timestamps to 100 us. */
const TARGET_MS = 5;
const MOST_RUNS = 256;

/**
 * Times each kernel by GPU timestamps, alone and repeatedly. All dispatches of a kernel count as equal. Null without
 * timestamps.
 */
export async function timeKernels(
  machine: Machine,
  dispatches: readonly Dispatch[],
): Promise<KernelTime[] | null> {
  if (!machine.device.features.has('timestamp-query')) return null;
  const kernels = new Map(dispatches.map((dispatch) => [dispatch.pipeline.label, dispatch]));
  const times: KernelTime[] = [];
  for (const [name, dispatch] of kernels) {
    await timeRuns(machine, dispatch, 1); // warms up
    const once = await timeRuns(machine, dispatch, 1);
    const runs = Math.min(MOST_RUNS, Math.ceil(TARGET_MS / Math.max(once, TARGET_MS / MOST_RUNS)));
    const ms = runs > 1 ? (await timeRuns(machine, dispatch, runs)) / runs : once;
    times.push({ name, count: dispatches.filter(({ pipeline }) => pipeline.label === name).length, ms });
  }
  return times;
}

/** Milliseconds of `times` runs of a kernel. */
async function timeRuns(machine: Machine, dispatch: Dispatch, runs: number): Promise<number> {
  const { device } = machine;
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const queries = device.createQuerySet({ type: 'timestamp', count: 2 });
  const resolved = machine.buffer('transfer', 'times', 16, QUERY_RESOLVE | COPY_SRC);
  const readback = machine.buffer('transfer', 'times', 16, COPY_DST | MAP_READ);
  try {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass({
      timestampWrites: { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    });
    pass.setPipeline(dispatch.pipeline);
    pass.setBindGroup(0, dispatch.bindings);
    for (let run = 0; run < runs; run++) pass.dispatchWorkgroups(dispatch.x, dispatch.y);
    pass.end();
    encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readback, 0, 16);
    device.queue.submit([encoder.finish()]);
    await machine.wait(readback.mapAsync(GPUMapMode.READ));
    const [begin, end] = new BigInt64Array(machine.contents(readback));
    return Number(end - begin) / 1e6;
  } finally {
    queries.destroy();
    machine.release([resolved, readback]);
  }
}
