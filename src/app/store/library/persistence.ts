import { countRecords } from '../../../model/sampling/records';
import { checkSampling, type Sampling } from '../../../model/sampling/sampling';
import type { ForeignRange, Run } from '../../../model/text/text';
import type { Start } from '../document/start';
import type { Branch, ModelRef, TextValue } from '../document/text-value';

/** The form in which a text is stored (browser-texts.ts) and exported (texts-file.ts). */

export const NEWEST = 3;

/** The oldest version that can hold a text: only version 3 has saved states. */
export function versionOf({ start }: TextValue): number {
  return start ? NEWEST : 2;
}

/** Parses a stored text; null if it is damaged or of another version. */
export function parseKept(stored: unknown): TextValue | null {
  const { version, text } = (stored ?? {}) as { version?: unknown; text?: TextValue };
  return version === 2 || version === NEWEST ? parseText(text) : null;
}

function parseText(text: TextValue | undefined): TextValue | null {
  if (!Array.isArray(text?.runs) || !text.runs.every(isRun)) return null;
  const { start, runs, model, generatedFrom, generatedTokens, origin } = text;
  if (start && !isStart(start)) return null;
  return {
    ...(start && { start }),
    runs: runs.map(withPenalty),
    model: parseModel(model),
    branches: Array.isArray(text.branches) ? text.branches.flatMap(parseBranch) : [],
    generatedFrom: typeof generatedFrom === 'number' ? generatedFrom : null,
    ...(Number(generatedTokens) > 0 && { generatedTokens }),
    origin: origin ? { claim: origin.claim, isKnown: origin.isKnown } : null,
  };
}

function isStart({ digest, name, model, length, made, file }: Start): boolean {
  const texts = [digest, name, made, model?.id, model?.digest, model?.name];
  const isFile = file === null || file instanceof Uint8Array;
  return isFile && Number.isSafeInteger(length) && texts.every((text) => typeof text === 'string');
}

/** Texts that were stored before there was a sequence penalty were sampled without it. */
function withPenalty(run: Run): Run {
  if (run.source === 'typed' || !run.sampling || 'sequencePenalty' in run.sampling) return run; // branches share runs
  return { ...run, sampling: { ...(run.sampling as Sampling), sequencePenalty: 0 } };
}

function parseModel(model: ModelRef | null | undefined): ModelRef | null {
  return typeof model?.id === 'string' && typeof model.digest === 'string' ? model : null;
}

/** Leaves out pruned branches, because the undo history is not stored. */
function parseBranch(branch: Partial<Branch> | null): Branch[] {
  const { id, name, isPruned, runs, model } = branch ?? {};
  if (!Number.isSafeInteger(id) || isPruned || !Array.isArray(runs) || !runs.every(isRun)) return [];
  const words = typeof name === 'string' ? name : null;
  return [{ id: id!, name: words, isPruned: false, runs: runs.map(withPenalty), model: parseModel(model) }];
}

function isRun(value: Run): boolean {
  if (typeof value?.text !== 'string') return false;
  const { tokens } = value;
  const fits =
    tokens?.ids instanceof Uint32Array &&
    tokens.lengths instanceof Uint32Array &&
    tokens.ids.length === tokens.lengths.length &&
    tokens.lengths.reduce((sum, length) => sum + length, 0) === value.text.length;
  if (value.source === 'typed')
    return (tokens === null || fits) && (value.foreign ?? []).every(isForeignRange);
  return (
    value.source === 'sampled' &&
    fits &&
    value.records instanceof Float32Array &&
    countRecords(value.records) === tokens.ids.length &&
    (value.sampling === null || isSampling(value.sampling))
  );
}

function isForeignRange({ from, to, model }: ForeignRange): boolean {
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from < to && typeof model === 'string';
}

function isSampling(value: Sampling): boolean {
  try {
    checkSampling({ ...value, sequencePenalty: value.sequencePenalty ?? 0 });
    return true;
  } catch {
    return false;
  }
}
