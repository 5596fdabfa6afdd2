import { type Estimate, estimate, median, pairedRatio, ratioOf } from '../src/workers/statistics';
import type { Load } from './load';
import type { ContenderResult, Flatness, Measurements } from './page/measurements';

/** The JSON output of bench/main.ts. */
export interface BenchResult extends Measurements {
  readonly load: Load | null;
  readonly date: string;
  readonly commit: string;
  readonly processor: string;
  readonly browser: string;
}

/** The tables of a result, in Markdown. */
export function report(result: BenchResult): string {
  const { date, commit, processor, browser, adapter, prefillTokens } = result;
  const timed = result.contenders.filter(({ decode }) => decode.length > 0);
  const parts = [
    `${date.slice(0, 10)}, commit ${commit}. ${processor}; Chromium ${browser}; adapter: ${adapter ?? 'none'}. ` +
      `Medians with 95% intervals of ${timed[0]?.decode.length ?? 0} rounds; prefill of ${prefillTokens} tokens.`,
    table(
      [
        '',
        'decode, ms per token',
        'prefill, ms per token',
        'error of the logits',
        'dispatches / submits / maps per token',
      ],
      timed.map((each) => [
        each.name,
        show(estimate(each.decode)),
        show(estimate(each.prefill)),
        each.check!.error.toExponential(0),
        each.calls
          ? [each.calls.dispatches, each.calls.submits, each.calls.maps].map(number).join(' / ')
          : '',
      ]),
    ),
    table(
      [
        'times as fast as ORT on the same device',
        ...['decode, its float32', 'decode, its fastest', 'prefill, its float32', 'prefill, its fastest'],
      ],
      ratios(timed),
    ),
    table(['roofline of WebAssembly, one thread', '', ''], roofline(result, timed)),
  ];
  if (result.flatness.length)
    parts.push(
      table(
        ['position', 'near', 'far', 'far / near', 'the same bytes', 'the same dispatches'],
        flatness(result),
      ),
    );
  parts.push(
    table(
      ['tokens before', 'softmax attention alone, ms per token', 'its cache, MB', "LeaPformer's state, MB"],
      result.softmax.places.map(({ position, bytes, ms }) => [
        position.toLocaleString('en'),
        show(estimate(ms)),
        megabytes(bytes),
        megabytes(result.softmax.stateBytes),
      ]),
    ),
  );
  if (result.load) parts.push(reportLoads([{ name: 'ms', load: result.load }]));
  const failed = result.contenders.filter(({ failure }) => failure);
  if (failed.length) parts.push(failed.map(({ name, failure }) => `- ${name}: ${failure}`).join('\n'));
  return parts.join('\n\n');
}

/** The times of openings, in Markdown: a column for each Load. */
export function reportLoads(loads: readonly { readonly name: string; readonly load: Load }[]): string {
  const row = (title: string, times: (load: Load) => readonly number[]) => [
    title,
    ...loads.map(({ load }) => show(estimate(times(load)))),
  ];
  return table(
    ['opening the page with an empty cache, Generate pressed at once', ...loads.map(({ name }) => name)],
    [
      row('first paint', ({ firstPaint }) => firstPaint),
      row('Generate can be pressed', ({ ready }) => ready),
      row('first generated token', ({ firstToken }) => firstToken),
    ],
  );
}

/** Our speed relative to onnxruntime-web on the same device, in its float32 and in its fastest form. */
function ratios(timed: readonly ContenderResult[]): string[][] {
  const theirs = timed.filter(({ runtime }) => runtime === 'ORT');
  return timed
    .filter(({ runtime }) => runtime === 'LeaPformer')
    .map((own) => {
      const peers = theirs.filter(({ device }) => device === own.device);
      const against = (what: 'decode' | 'prefill') => {
        const fastest = peers.toSorted((a, b) => median(a[what]) - median(b[what]))[0];
        const float32 = peers.find(({ form }) => form === 'float32');
        const compare = (peer: ContenderResult | undefined) =>
          peer ? show(ratioOf(peer[what], own[what])) : '';
        return [compare(float32), fastest === float32 ? 'the same' : `${compare(fastest)}, ${fastest?.form}`];
      };
      return [own.name, ...against('decode'), ...against('prefill')];
    });
}

/** The time of plain loops for a token's bytes or its multiply-adds, whichever is longer. */
function roofline(
  { roofline: plain, prefillTokens }: Measurements,
  timed: readonly ContenderResult[],
): string[][] {
  const { weightBytes, multiplyAdds } = plain;
  const rates = [
    ['reads', plain.readInt8, `GB/s of ${megabytes(weightBytes.int8)} MB`],
    ['reads', plain.readFloat32, `GB/s of ${megabytes(weightBytes.float32)} MB`],
    ['float32', plain.float32, '10^9 multiply-adds per second'],
    ['int8 widened to float32', plain.int8, '10^9 multiply-adds per second'],
    ['int16', plain.int16, '10^9 multiply-adds per second'],
    ['adapter copies', plain.adapterCopy, 'GB/s'],
  ] as const;
  const rows = rates
    .filter(([, samples]) => samples.length)
    .map(([what, samples, unit]) => [what, show(estimate(samples)), unit]);
  for (const each of timed.filter(({ runtime, device }) => runtime === 'LeaPformer' && device === 'WASM')) {
    const form = each.form === 'float32' ? 'float32' : 'int8';
    const bandwidth = form === 'int8' ? plain.readInt8 : plain.readFloat32;
    // Decode widens rows to float32 once per token, prefill once for many tokens.
    const [writing, reading] = {
      float32: [plain.float32, plain.float32],
      int8: [plain.int8, plain.float32],
      'int8, int16 activations': [plain.int16, plain.int16],
      'int8, int8 activations': [plain.int16, plain.int16],
    }[each.form];
    const share = (samples: readonly number[], peaks: readonly number[], count: number, tokens: number) =>
      ratioOf(
        samples.map((_, i) =>
          Math.max(weightBytes[form] / tokens / bandwidth[i] / 1e6, count / peaks[i] / 1e6),
        ),
        samples,
      );
    const decode = share(each.decode, writing, multiplyAdds.decode, 1);
    const prefill = share(each.prefill, reading, multiplyAdds.prefill, prefillTokens);
    rows.push([`share reached by ${each.name}, decode`, show(decode), '']);
    rows.push([`share reached by ${each.name}, prefill`, show(prefill), '']);
  }
  return rows;
}

function flatness({ flatness: all }: Measurements): string[][] {
  return all.map(({ name, near, far }: Flatness) => [
    `${name}, ${near.position} and ${far.position.toLocaleString('en')}`,
    show(estimate(near.decode)),
    show(estimate(far.decode)),
    show(pairedRatio(far.decode, near.decode), 4),
    JSON.stringify(near.memory) === JSON.stringify(far.memory) ? 'yes' : 'no',
    near.calls.dispatches === far.calls.dispatches ? 'yes' : 'no',
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function show({ median, low, high }: Estimate, digits = 3): string {
  return `${median.toPrecision(digits)} (${low.toPrecision(digits)}-${high.toPrecision(digits)})`;
}

function number(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toPrecision(3);
}
