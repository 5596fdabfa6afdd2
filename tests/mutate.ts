import { zipSync } from 'fflate';
import { mix } from '../src/model/sampling/random';
import { smallModel } from './small-model';

/** A model folder as files by path, or as a zip, with damage that the seed determines. */
export function mutatedModel(seed: number): { readonly files: readonly File[]; readonly what: string } {
  const random = new Random(seed);
  const files: Record<string, Uint8Array> = { ...smallModel(random.below(4)) };
  const what: string[] = [];
  for (let n = 1 + random.below(2); n > 0; n--) {
    const name = random.of(Object.keys(files));
    const [how, mutate] = random.of(name.endsWith('.json') ? JSON_MUTATIONS : WEIGHT_MUTATIONS);
    files[name] = mutate(files[name], random);
    what.push(`${name}: ${how}`);
  }
  if (random.below(4) > 0)
    return {
      files: Object.entries(files).map(([name, bytes]) => fileOf(bytes, name)),
      what: what.join('; '),
    };
  const [how, mutate] = random.of(BYTE_MUTATIONS);
  const zip = mutate(zipSync(files), random);
  return { files: [fileOf(zip, 'a.zip')], what: `${what.join('; ')}; zip: ${how}` };
}

const fileOf = (bytes: Uint8Array, name: string) => new File([bytes as Uint8Array<ArrayBuffer>], name);

class Random {
  private state: number;

  constructor(seed: number) {
    this.state = mix(seed + 1);
  }

  /** A whole number from 0, below n. */
  below(n: number): number {
    this.state = mix(this.state + 0x9e3779b9);
    return this.state % n;
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}

type Mutation = readonly [how: string, mutate: (bytes: Uint8Array, random: Random) => Uint8Array];

const NUMBERS = [0, 1, -1, 0.5, 2, 3, 7, 64, 1e9, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, 1e-300, Number.NaN];
const VALUES = [
  ...NUMBERS,
  '',
  'x',
  'F64',
  'BF16',
  'F16',
  'I8',
  'I32',
  'F32',
  true,
  false,
  null,
  [],
  {},
  [1e9, 1e9],
  [0],
  '💣'.repeat(1000),
];

const BYTE_MUTATIONS: readonly Mutation[] = [
  [
    'other bytes',
    (bytes, random) =>
      changed(bytes, (copy) =>
        copy.fill(random.below(256), random.below(copy.length), random.below(copy.length)),
      ),
  ],
  [
    'a few bytes',
    (bytes, random) =>
      changed(bytes, (copy) => {
        for (let n = 1 + random.below(8); n > 0; n--) copy[random.below(copy.length)] = random.below(256);
      }),
  ],
  [
    'one bit',
    (bytes, random) =>
      changed(bytes, (copy) => {
        copy[random.below(copy.length)] ^= 1 << random.below(8);
      }),
  ],
  ['cut off', (bytes, random) => bytes.slice(0, random.below(bytes.length))],
  ['twice', (bytes) => Uint8Array.from([...bytes, ...bytes])],
  ['empty', () => new Uint8Array()],
];

const JSON_MUTATIONS: readonly Mutation[] = [
  ...BYTE_MUTATIONS,
  ...['a value', 'two values'].map(
    (how, n): Mutation => [
      how,
      (bytes, random) => {
        const json = decoded(bytes);
        if (!json) return bytes;
        for (let i = 0; i <= n; i++) changeValue(json, random);
        return encoded(json);
      },
    ],
  ),
  [
    'a pattern',
    (bytes, random) => {
      const json = decoded(bytes);
      if (!json) return bytes;
      if (json.pre_tokenizer)
        json.pre_tokenizer = {
          type: 'Sequence',
          pretokenizers: [
            { type: 'Split', pattern: { Regex: random.of(PATTERNS) }, behavior: 'Isolated', invert: false },
            { ...json.pre_tokenizer, use_regex: false },
          ],
        };
      return encoded(json);
    },
  ],
];
const PATTERNS = [
  '',
  '(',
  'a',
  '.',
  '(a+)+$',
  '(\\s+|\\S+)+!$',
  '((?:\\p{L}|\\p{N})+)+=',
  '\\p{Q}',
  '(?<=a',
  '[^]*',
  '(?=)',
];

const WEIGHT_MUTATIONS: readonly Mutation[] = [
  ...BYTE_MUTATIONS,
  [
    'length of the header',
    (bytes, random) =>
      changed(bytes, (copy) => {
        const lengths = [
          0n,
          1n,
          2n ** 32n,
          2n ** 63n,
          99_999_999n,
          BigInt(copy.length),
          BigInt(random.below(copy.length)),
        ];
        new DataView(copy.buffer).setBigUint64(0, random.of(lengths), true);
      }),
  ],
  ...['one entry of the header', 'two entries of the header', 'three entries of the header'].map(
    (how, n): Mutation => [
      how,
      (bytes, random) =>
        withHeader(bytes, (header) => {
          for (let i = 0; i <= n; i++) changeValue(header, random);
        }),
    ],
  ),
  [
    'shapes',
    (bytes, random) =>
      withHeader(bytes, (header) => {
        const entry = header[random.of(Object.keys(header))];
        entry.shape = random.of([
          entry.shape.toReversed(),
          [...entry.shape, 1],
          [1, ...entry.shape],
          [],
          [2 ** 26, 2 ** 26],
          [entry.shape[0] - 1],
        ]);
      }),
  ],
  [
    'offsets',
    (bytes, random) =>
      withHeader(bytes, (header) => {
        const [a, b] = [random.of(Object.keys(header)), random.of(Object.keys(header))];
        [header[a].data_offsets, header[b].data_offsets] = [header[b].data_offsets, header[a].data_offsets];
      }),
  ],
  [
    'names',
    (bytes, random) =>
      withHeader(bytes, (header) => {
        const [name, other] = [
          random.of(Object.keys(header)),
          random.of(['__proto__', '', 'x', '__metadata__', 'embedding.weight', 'layers.1.mlp.up.weight']),
        ];
        const entry = header[name];
        delete header[name];
        Object.defineProperty(header, other, {
          value: entry,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }),
  ],
];

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  if (copy.length) change(copy);
  return copy;
}

/** Null if an earlier mutation has damaged the file. */
// biome-ignore lint/suspicious/noExplicitAny: a file before and after damage
function decoded(bytes: Uint8Array): any {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

const encoded = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));

/** Replaces, adds or removes a value somewhere in a JSON value. */
function changeValue(json: object, random: Random): void {
  let parent = json as Record<string, unknown>;
  for (;;) {
    const keys = Object.keys(parent);
    const key = keys.length ? random.of(keys) : 'x';
    const value = parent[key];
    if (typeof value === 'object' && value !== null && random.below(4))
      parent = value as Record<string, unknown>;
    else {
      if (random.below(8) === 0) delete parent[key];
      else parent[random.below(16) ? key : 'added'] = random.of(VALUES);
      return;
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a header before and after damage
function withHeader(bytes: Uint8Array, change: (header: any) => void): Uint8Array {
  if (bytes.length < 8) return bytes;
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = decoded(bytes.subarray(8, end));
  if (typeof header !== 'object' || header === null) return bytes;
  change(header);
  const json = encoded(header);
  const file = new Uint8Array(8 + json.length + bytes.length - end);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(bytes.subarray(end), 8 + json.length);
  return file;
}
