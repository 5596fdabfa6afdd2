import { checkSampling, RECORD_SIZE, type Sampling } from '../../../model/sampling/sampling';
import type { Run } from '../../../model/text/text';
import type { Branch, ModelRef, Origin, TextValue } from '../document/text-value';

/** The form in which a text is kept (text-storage.ts) and exported (texts-file.ts). */

/** Since 2 a text names its model, and what its runs were drawn with. */
export const VERSION = 2;
/** The one model there was when version 1 was written, which kept only its digest. */
const FIRST_MODEL = 'wiki-7m';

/** What was stored, if it is a text as this version or one before writes it. */
export function parseKept(stored: unknown): TextValue | null {
  const { version, digest, text } = (stored ?? {}) as {
    version?: unknown;
    digest?: unknown;
    text?: TextValue;
  };
  if (version === 1 && Array.isArray(text?.runs)) {
    const runs = text.runs.map((run) => (run?.source === 'sampled' ? { ...run, sampling: null } : run));
    const model = typeof digest === 'string' ? { id: FIRST_MODEL, digest } : null;
    return parseText({ ...text, runs, model });
  }
  return version === VERSION ? parseText(text) : null;
}

function parseText(text: TextValue | null | undefined): TextValue | null {
  if (!Array.isArray(text?.runs) || !text.runs.every(isRun)) return null;
  const { runs, model, generatedFrom, origin } = text;
  const branches = Array.isArray(text.branches) ? text.branches.flatMap(parseBranch) : [];
  const next = 1 + Math.max(0, ...branches.map(({ id }) => id));
  return {
    runs,
    model: parseModel(model),
    branches: [...branches, ...replacedBy(origin).map((branch, i) => ({ ...branch, id: next + i }))],
    generatedFrom: typeof generatedFrom === 'number' ? generatedFrom : null,
    origin: origin ? { claim: origin.claim, isKnown: origin.isKnown } : null,
  };
}

/** Earlier versions kept the text whose place a shared one took inside of that: it is a branch now. */
function replacedBy(origin: (Origin & { readonly replaced?: TextValue | null }) | null): Branch[] {
  const replaced = parseText(origin?.replaced);
  if (!replaced) return [];
  const { runs, model, branches } = replaced;
  return [...branches, { id: 0, name: null, isPruned: false, runs, model }];
}

function parseModel(model: ModelRef | null | undefined): ModelRef | null {
  return typeof model?.id === 'string' && typeof model.digest === 'string' ? model : null;
}

/** What was pruned is gone with the page: there is no undo any more. */
function parseBranch(branch: Partial<Branch> | null): Branch[] {
  const { id, name, isPruned, runs, model } = branch ?? {};
  if (!Number.isSafeInteger(id) || isPruned || !Array.isArray(runs) || !runs.every(isRun)) return [];
  const words = typeof name === 'string' ? name : null;
  return [{ id: id!, name: words, isPruned: false, runs, model: parseModel(model) }];
}

function isRun(value: Run): boolean {
  if (typeof value?.text !== 'string') return false;
  const { tokens } = value;
  const fits =
    tokens?.ids instanceof Uint32Array &&
    tokens.lengths instanceof Uint32Array &&
    tokens.ids.length === tokens.lengths.length &&
    tokens.lengths.reduce((sum, length) => sum + length, 0) === value.text.length;
  if (value.source === 'typed') return tokens === null || fits;
  return (
    value.source === 'sampled' &&
    fits &&
    value.records instanceof Float32Array &&
    value.records.length === tokens.ids.length * RECORD_SIZE &&
    (value.sampling === null || isSampling(value.sampling))
  );
}

function isSampling(value: Sampling): boolean {
  try {
    checkSampling(value);
    return true;
  } catch {
    return false;
  }
}
