import type { Checkpoint } from '../../model/finetuning/teaching';
import type { ModelFiles } from '../../model/runtime/model-files';
import { KeptFolders, LAST } from '../kept-folders';
import { openLessons } from './lesson-lock';
import type { FoundLesson, NamedText, SavedLesson } from './messages';

/** The interrupted lessons that the browser keeps: of each its texts with the last checkpoint, in a folder "NUMBER-ID". */

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

/** @returns the newest lesson that is kept, if possible one that no other tab has open; null if there is none */
export async function findLesson(): Promise<FoundLesson | null> {
  const open = await openLessons();
  const lessons = (await newestFirst()).map(({ manifest }) => {
    return { ...manifest, isElsewhere: open.has(manifest.id) };
  });
  return lessons.find(({ isElsewhere }) => !isElsewhere) ?? lessons[0] ?? null;
}

const numberOf = (key: string) => Number.parseInt(key, 10);

/** The kept checkpoints of a lesson, or of all. */
async function newestFirst(id?: string) {
  const all = await kept.list();
  return all
    .filter(({ manifest }) => id === undefined || manifest.id === id)
    .sort((a, b) => numberOf(b.key) - numberOf(a.key));
}

/** Keeps a lesson, and then deletes the checkpoint before. @returns whether it is kept */
export async function keepLesson({ texts, checkpoint, ...lesson }: OpenedLesson): Promise<boolean> {
  const [newest] = await newestFirst();
  const before = await newestFirst(lesson.id);
  const key = `${newest ? numberOf(newest.key) + 1 : 1}-${lesson.id}`;
  const isKept = await kept.keep(key, writeLesson({ texts, checkpoint, ...lesson }));
  if (isKept) for (const one of before) await kept.forget(one.key);
  return isKept;
}

/** @returns null if it is not kept */
export async function openLesson(id: string): Promise<OpenedLesson | null> {
  const [found] = await newestFirst(id);
  const files = found && (await kept.read(found.key));
  return files ? readLesson(files) : null;
}

export async function forgetLesson(id: string): Promise<void> {
  for (const { key } of await newestFirst(id)) await kept.forget(key);
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
