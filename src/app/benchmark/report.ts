import type { BackendReport, DeviceReport } from '../../workers/benchmark-client';
import type { Estimate } from '../../workers/statistics';
import { bytes, count, milliseconds } from '../format';

export const NAMES: Record<BackendReport['kind'], string> = {
  webgpu: 'Graphics processor (WebGPU)',
  cpu: 'Processor (WebAssembly)',
  reference: 'Processor (reference)',
};

const decimals = (n: number, digits: number) => n.toFixed(digits);

/** A time with its interval: 1.23 ms (1.20 to 1.31). */
export function time({ median, low, high }: Estimate): string {
  const digits = median < 10 ? 2 : median < 100 ? 1 : 0;
  return `${milliseconds(median)} (${decimals(low, digits)} to ${decimals(high, digits)})`;
}

/** A ratio with its interval: 1.002 (0.995 to 1.010). */
export function ratio({ median, low, high }: Estimate): string {
  return `${decimals(median, 3)} (${decimals(low, 3)} to ${decimals(high, 3)})`;
}

/** Whether the backend held the same bytes at every place. */
export function isConstant({ places }: BackendReport): boolean {
  return places.every(({ memory }) => JSON.stringify(memory) === JSON.stringify(places[0].memory));
}

/** The kernels of a token, longest first, in milliseconds a token. */
export function kernelShares({ kernels }: BackendReport): { name: string; ms: number }[] {
  return (kernels ?? [])
    .map(({ name, count, ms }) => ({ name: count > 1 ? `${name}, ${count} times` : name, ms: count * ms }))
    .sort((a, b) => b.ms - a.ms);
}

/** The report for people to paste; the JSON has every number. */
export function markdown(report: DeviceReport): string {
  const { model, positions, backends, missing } = report;
  const far = positions.at(-1)!;
  const rows = backends.flatMap((backend) => [
    `| ${NAMES[backend.kind]}: ${backend.device} | |`,
    `| writing a token | ${time(backend.decode)} |`,
    `| reading a token | ${time(backend.prefill)} |`,
    ...backend.places.map(
      (place) => `| writing at position ${count(place.position)} | ${time(place.decode)} |`,
    ),
    `| time at ${count(far)} over time at ${count(positions[0])} | ${ratio(backend.flatness)} |`,
    `| memory: weights, state, all else | ${memoryOf(backend)} |`,
    `| the same bytes at every position | ${isConstant(backend) ? 'yes' : 'no'} |`,
    ...kernelShares(backend).map(({ name, ms }) => `| kernel ${name} | ${milliseconds(ms)} a token |`),
  ]);
  return [
    `## LeaPformer on this device, ${report.date.slice(0, 10)}`,
    '',
    `Model ${model.id} (${model.digest.slice(0, 12)}, ${model.precision}); ${report.cores} processor cores; ${report.browser}`,
    '',
    '| | median (95% interval) |',
    '| --- | --- |',
    ...rows,
    '',
    `A 16-bit key-value cache of this shape would take ${bytes(report.cacheBytes.at(-1)!)} at position ${count(far)}.`,
    ...(report.shortened ? ['', report.shortened] : []),
    ...missing.map(({ kind, reason }) => `\n${NAMES[kind]} was not measured: ${reason}`),
    '',
  ].join('\n');
}

export function memoryOf({ places }: BackendReport): string {
  const { weights, state, scratch, transfer } = places.at(-1)!.memory;
  return [weights, state, scratch + transfer].map(bytes).join(', ');
}
