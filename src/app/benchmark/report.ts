import type { BackendReport, DeviceReport } from '../../workers/benchmark-client';
import type { Estimate } from '../../workers/statistics';
import { bytes, count, milliseconds, precisionName } from '../format';

export const NAMES: Record<BackendReport['kind'], string> = {
  webgpu: 'GPU (WebGPU)',
  cpu: 'CPU (WebAssembly)',
  reference: 'CPU (reference)',
};

const decimals = (n: number, digits: number) => n.toFixed(digits);

/** A time with its 95% interval: 1.23 ms (1.20 to 1.31). */
export function time({ median, low, high }: Estimate): string {
  const digits = median < 10 ? 2 : median < 100 ? 1 : 0;
  return `${milliseconds(median)} (${decimals(low, digits)} to ${decimals(high, digits)})`;
}

/** A ratio with its 95% interval: 1.002 (0.995 to 1.010). */
export function ratio({ median, low, high }: Estimate): string {
  return `${decimals(median, 3)} (${decimals(low, 3)} to ${decimals(high, 3)})`;
}

/** Whether the backend used the same number of bytes at every place. */
export function isConstant({ places }: BackendReport): boolean {
  return places.every(({ memory }) => JSON.stringify(memory) === JSON.stringify(places[0].memory));
}

/** The kernels of a token, slowest first, in milliseconds per token. */
export function kernelShares({ kernels }: BackendReport): { name: string; ms: number }[] {
  return (kernels ?? [])
    .map(({ name, count, ms }) => ({ name: count > 1 ? `${name} × ${count}` : name, ms: count * ms }))
    .sort((a, b) => b.ms - a.ms);
}

/** The report as Markdown, to paste. The JSON report has every number. */
export function markdown(report: DeviceReport): string {
  const { model, positions, backends, missing } = report;
  const far = positions.at(-1)!;
  const rows = backends.flatMap((backend) => [
    `| ${NAMES[backend.kind]}: ${backend.device} | |`,
    `| time per written token | ${time(backend.decode)} |`,
    `| time per read token | ${time(backend.prefill)} |`,
    ...backend.places.map(
      (place) => `| time per written token at position ${count(place.position)} | ${time(place.decode)} |`,
    ),
    `| slowdown, token ${count(far)} vs ${count(positions[0])} | ${ratio(backend.flatness)} |`,
    `| memory: weights, state, other | ${memoryOf(backend)} |`,
    `| memory constant | ${isConstant(backend) ? 'yes' : 'no'} |`,
    ...kernelShares(backend).map(({ name, ms }) => `| kernel ${name} | ${milliseconds(ms)} per token |`),
  ]);
  return [
    `## LeaPformer on this device, ${report.date.slice(0, 10)}`,
    '',
    `Model ${model.id} (${model.digest.slice(0, 12)}, ${precisionName(model.precision)}); ${report.cores} CPU cores; ${report.browser}`,
    '',
    '| | median (95% interval) |',
    '| --- | --- |',
    ...rows,
    '',
    `A float16 key-value cache of this shape would take ${bytes(report.cacheBytes.at(-1)!)} at position ${count(far)}.`,
    ...(report.shortened ? ['', report.shortened] : []),
    ...missing.map(({ kind, reason }) => `\n${NAMES[kind]} was not measured: ${reason}`),
    '',
  ].join('\n');
}

export function memoryOf({ places }: BackendReport): string {
  const { weights, state, scratch, transfer } = places.at(-1)!.memory;
  return [weights, state, scratch + transfer].map(bytes).join(', ');
}
