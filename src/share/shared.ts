import { EngineError } from '../model/runtime/errors';
import { checkSampling, type Sampling } from '../model/sampling/sampling';
import { type Encoded, joinEncoded } from '../model/text/encoded';

/** The content of a link: enough to show a text at once, and with the model to continue and verify it. */
export interface Shared {
  /** The digest is the SHA-256 of model.safetensors, in hex; the id is the name of the folder. */
  readonly model: { readonly id: string; readonly digest: string };
  /** The whole text, the opening `<|endoftext|>` not included. */
  readonly runs: readonly SharedRun[];
  /** The current settings, with which the next token would be sampled. */
  readonly sampling: Sampling;
  readonly view: View;
}

export type SharedRun = SharedTypedRun | SharedSampledRun;

/** A link omits its ids, because they follow from its text and the tokenizer. */
interface SharedTypedRun {
  readonly source: 'typed';
  readonly text: string;
}

/** The index of a token's draw is the number of tokens before it, the opening one included. */
interface SharedSampledRun {
  readonly source: 'sampled';
  readonly text: string;
  readonly tokens: Encoded;
  /** The settings that it was sampled with; null if they are unknown. */
  readonly sampling: Sampling | null;
}

/** The view, by name. A reader ignores names that it does not support, so new names can be added. */
export type View = Readonly<Record<string, boolean | number | string>>;

/** UTF-16 units of a text. */
export const MAX_TEXT = 2 ** 20;
export const MAX_TOKENS = 2 ** 17;
export const MAX_RUNS = 2 ** 12;
const MAX_ID = 2 ** 24 - 1;
const MAX_VIEW = 64;
const MAX_VIEW_STRING = 200;

/**
 * The normal form: strings well-formed, runs not empty and joined with neighbours of their kind, the view in the order of
 * its names. Values that mean the same have the same normal form.
 * @throws EngineError 'input' naming the fault.
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
    sampling: checked(sampling),
    view: normalizeView(view),
  };
}

export function textOf({ runs }: Shared): string {
  return runs.map((run) => run.text).join('');
}

/** Settings in the form of a link: JSON of a list without names. A sequence penalty of 0 is left out, as in version 1. */
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
    sampling: sampling && checked(sampling),
  };
}

function checked(sampling: Sampling): Sampling {
  checkSampling(sampling);
  return sampling;
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
