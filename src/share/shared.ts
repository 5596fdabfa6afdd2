import { EngineError } from '../model/runtime/errors';
import { checkSampling, type Sampling } from '../model/sampling/sampling';
import { type Encoded, joinEncoded } from '../model/text/encoded';

/** What a link carries: enough to show a text at once, and with the model to go on with it and to verify it. */
export interface Shared {
  /** Weights are known by the SHA-256 of model.safetensors, in hex; the id tells where a site keeps them. */
  readonly model: { readonly id: string; readonly digest: string };
  /** The whole text, the opening `<|endoftext|>` not included. */
  readonly runs: readonly SharedRun[];
  /** The settings in force: what the next token would be drawn with. */
  readonly sampling: Sampling;
  readonly view: View;
}

export type SharedRun = SharedTypedRun | SharedSampledRun;

/** Its ids are a function of its text and the model's tokenizer, and so are not carried. */
interface SharedTypedRun {
  readonly source: 'typed';
  readonly text: string;
}

/** The number of a token's draw is the number of tokens before it, the opening one included. */
interface SharedSampledRun {
  readonly source: 'sampled';
  readonly text: string;
  readonly tokens: Encoded;
  /** What it was drawn with; null where that is not known. */
  readonly sampling: Sampling | null;
}

/** What is shown, by name. A reader takes what it knows and leaves the rest, so that names can be added any time. */
export type View = Readonly<Record<string, boolean | number | string>>;

/** UTF-16 units of a text. */
export const MAX_TEXT = 2 ** 20;
export const MAX_TOKENS = 2 ** 17;
export const MAX_RUNS = 2 ** 12;
const MAX_ID = 2 ** 24 - 1;
const MAX_VIEW = 64;
const MAX_VIEW_STRING = 200;

/**
 * The one form of all values that say the same: strings well-formed, runs not empty and joined with neighbours of
 * their kind, the view in the order of its names, no sequence penalty of 0.
 * @throws EngineError 'input' saying what is wrong.
 */
export function normalize({ model, runs, sampling, view }: Shared): Shared {
  if (typeof model.id !== 'string' || !/^[\w-][\w.-]{0,99}$/.test(model.id))
    throw wrong('the id of its model is not one');
  if (!/^[0-9a-f]{64}$/.test(model.digest)) throw wrong('the digest of its weights is not one');
  const joined = join(runs.map(normalizeRun).filter((run) => run.text || tokenCount(run)));
  const total = (size: (run: SharedRun) => number) => joined.reduce((sum, run) => sum + size(run), 0);
  if (total((run) => run.text.length) > MAX_TEXT) throw wrong('it is too long');
  if (total(tokenCount) > MAX_TOKENS) throw wrong('it has too many tokens');
  if (joined.length > MAX_RUNS) throw wrong('it changes too often between typed and generated');
  return {
    model: { id: model.id, digest: model.digest },
    runs: joined,
    sampling: normalizeSampling(sampling),
    view: normalizeView(view),
  };
}

export function textOf({ runs }: Shared): string {
  return runs.map((run) => run.text).join('');
}

/** Settings as they stand in a link: JSON of a list without names; a sequence penalty of 0 is left out, as before there was any. */
export function samplingKey(sampling: Sampling | null): string {
  if (!sampling) return 'null';
  const { temperature, topK, topP, minP, repetitionPenalty, sequencePenalty, seed } = sampling;
  const values = [temperature, topK, topP, minP, repetitionPenalty, seed];
  return JSON.stringify(sequencePenalty ? [...values, sequencePenalty] : values);
}

function tokenCount(run: SharedRun): number {
  return run.source === 'sampled' ? run.tokens.ids.length : 0;
}

function normalizeRun(run: SharedRun): SharedRun {
  const text = run.text.toWellFormed();
  if (run.source === 'typed') return { source: 'typed', text };
  const { sampling } = run;
  const { ids, lengths } = run.tokens;
  if (ids.length !== lengths.length) throw wrong('a token has no length');
  if (ids.some((id) => id > MAX_ID)) throw wrong('a token has an id that no model has');
  let at = 0;
  for (const length of lengths) {
    at += length;
    const insidePair = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
    if (insidePair) throw wrong('a token ends inside a character');
  }
  if (at !== text.length) throw wrong('its tokens are not as long as its text');
  return {
    source: 'sampled',
    text,
    tokens: { ids, lengths },
    sampling: sampling && normalizeSampling(sampling),
  };
}

function normalizeSampling(sampling: Sampling): Sampling {
  checkSampling(sampling);
  const { sequencePenalty, ...others } = sampling;
  return sequencePenalty ? sampling : others;
}

function join(runs: readonly SharedRun[]): SharedRun[] {
  const groups: { kind: string; members: SharedRun[] }[] = [];
  for (const run of runs) {
    const kind = run.source === 'typed' ? 'typed' : samplingKey(run.sampling);
    const last = groups.at(-1);
    if (last?.kind === kind) last.members.push(run);
    else groups.push({ kind, members: [run] });
  }
  return groups.map(({ members }) => {
    const [first] = members;
    const text = members.map((run) => run.text).join('');
    if (first.source === 'typed') return { ...first, text };
    const tokens = joinEncoded((members as SharedSampledRun[]).map((run) => run.tokens));
    return { ...first, text, tokens };
  });
}

function normalizeView(view: View): View {
  const entries = Object.entries(view).map(([name, value]) => {
    if (!/^[a-z][A-Za-z0-9]{0,31}$/.test(name)) throw wrong('its view has a name that is not one');
    if (typeof value === 'string') {
      if (value.length > MAX_VIEW_STRING) throw wrong(`the view's "${name}" is too long`);
      return [name, value.toWellFormed()] as const;
    }
    if (typeof value !== 'boolean' && !Number.isFinite(value))
      throw wrong(`the view's "${name}" is not a number`);
    return [name, value] as const;
  });
  if (entries.length > MAX_VIEW) throw wrong('its view has too many entries');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function wrong(what: string): EngineError {
  return new EngineError(
    'input',
    `This text cannot be shared: ${what}.`,
    'Use “Export this text” under Your texts, or copy it.',
  );
}
