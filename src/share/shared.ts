import { EngineError } from '../model/runtime/errors';
import { checkSampling, type Sampling } from '../model/sampling/sampling';
import { type Encoded, joinEncoded } from '../model/text/encoded';

/** The content of a link: enough to show the text at once, and to continue and verify it with the model. */
export interface Shared {
  /** The digest is the SHA-256 of model.safetensors in hex and identifies the weights; the id names their folder. */
  readonly model: { readonly id: string; readonly digest: string };
  /** The whole text without the initial `<|endoftext|>`. */
  readonly runs: readonly SharedRun[];
  /** The saved state that the text continues from. The link names its file, but does not contain it. */
  readonly start?: SharedStart | undefined;
  /** The current settings, for the next token. */
  readonly sampling: Sampling;
  readonly view: View;
}

export interface SharedStart {
  /** SHA-256 of the file without its check, in hex. */
  readonly digest: string;
  /** The name of the file, and that of the model. */
  readonly name: string;
  readonly modelName: string;
  /** Tokens that the state has read, including the initial `<|endoftext|>`. */
  readonly length: number;
  /** The day, as in 2026-01-31. */
  readonly made: string;
}

export type SharedRun = SharedTypedRun | SharedSampledRun;

/** The model's tokenizer computes the ids from the text, so a link does not hold them. */
interface SharedTypedRun {
  readonly source: 'typed';
  readonly text: string;
}

/** The draw number of a token is the number of tokens before it, including the initial `<|endoftext|>` and those of the state. */
interface SharedSampledRun {
  readonly source: 'sampled';
  readonly text: string;
  readonly tokens: Encoded;
  /** The settings of the draw; null if unknown. */
  readonly sampling: Sampling | null;
}

/** The view, by name. Readers ignore unknown names, so new names can be added at any time. */
export type View = Readonly<Record<string, boolean | number | string>>;

/** Longest text, in UTF-16 units. */
export const MAX_TEXT = 2 ** 20;
export const MAX_TOKENS = 2 ** 17;
export const MAX_RUNS = 2 ** 12;
const MAX_ID = 2 ** 24 - 1;
const MAX_VIEW = 64;
const MAX_VIEW_STRING = 200;
const MAX_NAME = 200;
const DIGEST = /^[0-9a-f]{64}$/;

/**
 * The normal form: strings are well-formed, runs are not empty and are joined with neighbours of their kind, the view is
 * sorted by name.
 * @throws EngineError 'input' with the reason.
 */
export function normalize({ model, runs, start, sampling, view }: Shared): Shared {
  if (typeof model.id !== 'string' || !/^[\w-][\w.-]{0,99}$/.test(model.id))
    throw wrong('its model id is invalid');
  if (!DIGEST.test(model.digest)) throw wrong('its model digest is invalid');
  const joined = join(runs.map(normalizeRun).filter((run) => run.text || tokenCount(run)));
  const total = (size: (run: SharedRun) => number) => joined.reduce((sum, run) => sum + size(run), 0);
  if (total((run) => run.text.length) > MAX_TEXT) throw wrong('it is too long');
  if (total(tokenCount) > MAX_TOKENS) throw wrong('it has too many tokens');
  if (joined.length > MAX_RUNS) throw wrong('it alternates too often between typed and generated');
  return {
    model: { id: model.id, digest: model.digest },
    runs: joined,
    ...(start && { start: normalizeStart(start) }),
    sampling: checked(sampling),
    view: normalizeView(view),
  };
}

export function textOf({ runs }: Shared): string {
  return runs.map((run) => run.text).join('');
}

/** The settings in a link: a JSON list without names. A sequence penalty of 0 is left out, as in version 1. */
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
  if (ids.length !== lengths.length) throw wrong('its tokens and their lengths differ in number');
  if (ids.some((id) => id > MAX_ID)) throw wrong('a token id is too large');
  let at = 0;
  for (const length of lengths) {
    at += length;
    const insidePair = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
    if (insidePair) throw wrong('a token ends inside a character');
  }
  if (at !== text.length) throw wrong('its tokens and its text differ in length');
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

function normalizeStart({ digest, name, modelName, length, made }: SharedStart): SharedStart {
  if (!DIGEST.test(digest)) throw wrong('the digest of its saved state is invalid');
  if (!Number.isSafeInteger(length) || length < 0) throw wrong('the length of its saved state is invalid');
  if (!/^\d{4}-\d\d-\d\d$/.test(made)) throw wrong('the day of its saved state is invalid');
  const [file, by] = [name, modelName].map((words) => {
    if (typeof words !== 'string') throw wrong('its saved state has no name');
    return words.toWellFormed().slice(0, MAX_NAME).toWellFormed();
  });
  return { digest, name: file, modelName: by, length, made };
}

function normalizeView(view: View): View {
  const entries = Object.entries(view).map(([name, value]) => {
    if (!/^[a-z][A-Za-z0-9]{0,31}$/.test(name)) throw wrong('its view has an invalid name');
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
