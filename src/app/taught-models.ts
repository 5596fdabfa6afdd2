import type { ModelFiles } from '../model/runtime/model-files';
import { sizeOf } from '../workers/kept-folders';
import type { ModelSource } from '../workers/model-source';
import {
  digestOf,
  forgetTaught,
  listTaught,
  readTaught,
  sourceOfTaught,
  strengthOf,
  type Taught,
  type TaughtModel,
  TeacherClient,
} from '../workers/teaching/teach-client';
import { chooseModel, chosenModel } from './address';

/** The taught models: those that the browser keeps, and those of this visit. */

export interface TaughtEntry {
  readonly model: TaughtModel;
  /** SHA-256 of the model at its strength, in hex. */
  readonly digest: string;
  readonly bytes: number;
  /** False if it is gone after this visit. */
  readonly isKept: boolean;
}

/** The taught models of this visit that the browser does not keep, by the digest of the adapter. */
const visiting = new Map<string, Taught>();

/** Remembers a taught model for this visit, unless the browser keeps it. */
export function rememberTaught(taught: Taught): void {
  const { digest } = taught.model.adapter;
  if (taught.isKept) visiting.delete(digest);
  else visiting.set(digest, taught);
}

/** The taught models, by name. */
export async function listTaughtModels(): Promise<readonly TaughtEntry[]> {
  const kept = (await listTaught()).map(({ manifest, bytes }) => ({ model: manifest, bytes, isKept: true }));
  const visitors = Array.from(visiting.values(), ({ model, files }) => ({
    model,
    bytes: sizeOf(files),
    isKept: false,
  }));
  const all = [...kept, ...visitors].sort((a, b) => a.model.name.localeCompare(b.model.name));
  return Promise.all(
    all.map(async (entry) => ({ ...entry, digest: await digestOf(entry.model, entry.model.strength) })),
  );
}

/** The files of an adapter, by its digest; null if this browser does not have it. */
export async function taughtFiles(adapter: string): Promise<ModelFiles | null> {
  return visiting.get(adapter)?.files ?? readTaught(adapter);
}

/**
 * The source of the taught model that has this digest at one of its strengths; null if there is none.
 * @param sourceOf finds a model by its digest @throws EngineError of sourceOf
 */
export async function taughtSource(
  digest: string,
  sourceOf: (digest: string) => Promise<ModelSource>,
): Promise<ModelSource | null> {
  for (const { model } of await listTaughtModels()) {
    const strength = await strengthOf(model, digest);
    const files = strength === null ? null : await taughtFiles(model.adapter.digest);
    if (files) return sourceOfTaught(model, strength!, await sourceOf(model.base.digest), files);
  }
  return null;
}

let changes: Promise<unknown> = Promise.resolve();

/** Changes the name or the strength of a taught model. One change follows the other. */
export function changeTaught(
  { adapter }: TaughtModel,
  change: Partial<Pick<TaughtModel, 'name' | 'strength'>>,
): Promise<void> {
  const changed = changes.then(async () => {
    const entry = (await listTaughtModels()).find(({ model }) => model.adapter.digest === adapter.digest);
    if (!entry) return;
    const model = { ...entry.model, ...change };
    const visitor = visiting.get(adapter.digest);
    if (visitor) visiting.set(adapter.digest, { ...visitor, model });
    else await withTeacher((teacher) => teacher.keepChange(model));
  });
  changes = changed.catch(() => {});
  return changed;
}

/** The digest of a taught model after all changes; null if it is gone. */
export async function taughtDigest({ adapter }: TaughtModel): Promise<string | null> {
  await changes;
  const entries = await listTaughtModels();
  return entries.find(({ model }) => model.adapter.digest === adapter.digest)?.digest ?? null;
}

async function withTeacher<T>(work: (teacher: TeacherClient) => Promise<T>): Promise<T> {
  const teacher = new TeacherClient();
  try {
    return await work(teacher);
  } finally {
    teacher.dispose();
  }
}

/** Deletes a taught model. If it is loaded, it stays until the page is left; the next visit opens another one. */
export async function deleteTaught(model: TaughtModel): Promise<void> {
  const { digest } = model.adapter;
  await changes;
  visiting.delete(digest);
  await forgetTaught(digest);
  const chosen = chosenModel();
  if (chosen && (await strengthOf(model, chosen)) !== null) chooseModel(null);
}
