import type { Checkpoint } from '../../model/finetuning/teaching';
import type { ModelFiles } from '../../model/runtime/model-files';
import { KeptFolders, LAST } from '../kept-folders';
import type { NamedText, SavedLesson } from './messages';

/** The one interrupted lesson that the browser keeps: its texts, and the last checkpoint, each in a folder of its own. */

const kept = new KeptFolders<Saved>('lesson');

interface Saved extends SavedLesson {
  readonly names: readonly string[];
  /** The parts of a checkpoint that are not arrays of numbers. */
  readonly state: Pick<Checkpoint, 'base' | 'decided'> & {
    readonly rank: number;
    readonly scale: number;
    readonly step: number;
    readonly deciding: number | null;
  };
}

/** An interrupted lesson with its texts. */
export interface OpenedLesson extends SavedLesson {
  readonly texts: readonly NamedText[];
  readonly checkpoint: Checkpoint;
}

/** @returns the newest lesson that was kept; null if there is none */
export async function findLesson(): Promise<SavedLesson | null> {
  return (await newest())?.manifest ?? null;
}

async function newest() {
  const all = await kept.list();
  return all.sort((a, b) => Number(b.key) - Number(a.key))[0];
}

/** Keeps a lesson, and then deletes the checkpoint before. @returns whether it is kept */
export async function keepLesson({ texts, checkpoint, ...lesson }: OpenedLesson): Promise<boolean> {
  const before = await kept.list();
  const key = String(Math.max(0, ...before.map((one) => Number(one.key))) + 1);
  const isKept = await kept.keep(key, writeLesson({ texts, checkpoint, ...lesson }));
  if (isKept) for (const one of before) await kept.forget(one.key);
  return isKept;
}

/** @returns the newest lesson that was kept; null if there is none */
export async function openLesson(): Promise<OpenedLesson | null> {
  const found = await newest();
  const files = found && (await kept.read(found.key));
  return files ? readLesson(files) : null;
}

export async function forgetLesson(): Promise<void> {
  for (const { key } of await kept.list()) await kept.forget(key);
}

/** The files of a lesson. Numbers are little-endian. */
export function writeLesson({ texts, checkpoint, ...lesson }: OpenedLesson): ModelFiles {
  const { base, adapter, moments, decided, best } = checkpoint;
  const { rank, scale } = adapter;
  const state = { base, decided, rank, scale, step: moments.step, deciding: best?.deciding ?? null };
  const saved: Saved = { ...lesson, names: texts.map(({ name }) => name), state };
  const numbers = { adapter: adapter.values, first: moments.first, second: moments.second };
  return {
    ...Object.fromEntries(texts.map(({ file }, n) => [`text-${n}`, file])),
    ...Object.fromEntries(Object.entries(numbers).map(([name, values]) => [name, blobOf(values)])),
    ...(best && { best: blobOf(best.values) }),
    [LAST]: new Blob([JSON.stringify(saved)]),
  };
}

export async function readLesson(files: ModelFiles): Promise<OpenedLesson> {
  const { names, state, ...lesson }: Saved = JSON.parse(await files[LAST].text());
  const { base, decided, rank, scale, step, deciding } = state;
  const adapter = { rank, scale, values: new Float32Array(await files.adapter.arrayBuffer()) };
  const first = new Float64Array(await files.first.arrayBuffer());
  const second = new Float64Array(await files.second.arrayBuffer());
  const best =
    deciding === null ? null : { values: new Float32Array(await files.best.arrayBuffer()), deciding };
  const checkpoint = { base, adapter, moments: { step, first, second }, decided, best };
  // Copies, because the next checkpoint deletes these files.
  const texts = names.map(async (name, n) => {
    return { name, file: new Blob([await files[`text-${n}`].arrayBuffer()]) };
  });
  return { ...lesson, checkpoint, texts: await Promise.all(texts) };
}

/** A copy of the numbers, because the lesson goes on. */
function blobOf(values: Float32Array | Float64Array): Blob {
  return new Blob([values.slice() as Float32Array<ArrayBuffer>]);
}
