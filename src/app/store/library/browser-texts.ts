import type { Start } from '../document/start';
import { Claims } from './claims';
import { Database, type Objects } from './database';
import { answered, attempt, failed, type Outcome, ok } from './outcome';
import { decode, encode } from './packed';
import { parseKept, versionOf } from './persistence';
import { effectOf, includes } from './revisions';
import type { Item, TextEntry, TextStorage, Written } from './text-storage';
import { siteStorage, tabStorage } from './web-storage';

const LAST = 'text'; // id of the open text, in sessionStorage for this tab, in localStorage for any tab
const LEFT = 'left:'; // prefix in localStorage for the texts of closed pages
const ANSWER_LIMIT = 600_000; // ms; the browser may ask the user

/** Stores texts in IndexedDB, because they may be megabytes. */
export class BrowserTexts implements TextStorage {
  private readonly database = new Database('leapformer-playground', 'kept');
  private readonly claims = new Claims();
  private readonly lasts = new Set<string>();

  list(): Promise<Outcome<TextEntry[]>> {
    return this.database.run(
      'readonly',
      (objects) => objects.getAll(IDBKeyRange.bound('entry:', 'entry;')) as Promise<TextEntry[]>,
    );
  }

  async read(id: string): Promise<Outcome<Item | null>> {
    const stored = await this.database.run('readonly', async (objects) => {
      const [entry, kept] = await Promise.all([objects.get(`entry:${id}`), objects.get(`text:${id}`)]);
      const text = parseKept(kept);
      const start = text?.start;
      const file = start && (((await objects.get(`state:${start.digest}`)) as Start['file']) ?? null);
      return { entry, kept, text: start ? { ...text, start: { ...start, file: file! } } : text };
    });
    if (!stored.ok) return stored;
    const { entry, kept, text } = stored.value;
    if (!entry || !kept) return ok(null);
    return text ? ok({ entry: entry as TextEntry, text }) : failed('unreadable');
  }

  write({ entry, text }: Item, base: string): Promise<Outcome<Written>> {
    return this.database.run('readwrite', async (objects) => {
      const effect = await this.effectOn(objects, entry, base);
      if (effect === 'replace') {
        const { start } = text;
        const isKept = start !== undefined && (await objects.count(`state:${start.digest}`)) > 0;
        await putItem(objects, { entry, text }, isKept);
      }
      return effect === 'another' ? effect : 'done';
    });
  }

  remove(entry: TextEntry, base: string): Promise<Outcome<Written>> {
    return this.database.run('readwrite', async (objects) => {
      if ((await this.effectOn(objects, entry, base)) === 'another') return 'another';
      const start = parseKept(await objects.get(`text:${entry.id}`))?.start;
      await Promise.all([objects.delete(`entry:${entry.id}`), objects.delete(`text:${entry.id}`)]);
      if (start) await this.forgetState(objects, start.digest, entry.id);
      return 'done';
    });
  }

  /** Deletes a saved state that no other text continues from. */
  private async forgetState(objects: Objects<'readwrite'>, digest: string, id: string): Promise<void> {
    await objects.delete(keyOfUse(digest, id));
    const uses = await objects.count(IDBKeyRange.bound(keyOfUse(digest, ''), keyOfUse(digest, '\uffff')));
    if (uses === 0) await objects.delete(`state:${digest}`);
  }

  private async effectOn(objects: Objects<'readwrite'>, { id, revision }: TextEntry, base: string) {
    const stored: TextEntry | undefined = await objects.get(`entry:${id}`);
    return effectOf(stored?.revision, revision, base);
  }

  /** In localStorage. Its limit of about 5 MB suffices for 25,000 tokens; the write of a longer text fails. */
  writeLast(item: Item, base: string): Outcome<void> {
    const { id } = item.entry;
    this.lasts.add(id);
    const kept = siteStorage.set(LEFT + id, encode({ version: versionOf(item.text), ...item, base }));
    // A closing page has no time to read the stored revision first. The lock ensures that no other page wrote the text.
    if (!kept.ok && this.claims.hasLock(id))
      void this.database.run('readwrite', (objects) => putItem(objects, item));
    return kept;
  }

  left() {
    const keys = siteStorage.keys();
    const left = (keys.ok ? keys.value : []).filter((key) => key.startsWith(LEFT)).flatMap(readLeft);
    for (const { item } of left) this.lasts.add(item.entry.id);
    return left;
  }

  forgetLast({ id, revision }: TextEntry): void {
    if (!this.lasts.delete(id)) return;
    const [left] = readLeft(LEFT + id);
    // Otherwise its page has written since.
    if (left && includes(revision, left.item.entry.revision)) siteStorage.remove(LEFT + id);
  }

  claim(id: string, patience: number): Promise<boolean> {
    return this.claims.claim(id, patience);
  }

  keepOnly(ids: ReadonlySet<string>): void {
    this.claims.keepOnly(ids);
  }

  isFree(id: string): Promise<boolean> {
    return this.claims.isFree(id);
  }

  remembered() {
    const [tab, site] = [tabStorage.get(LAST), siteStorage.get(LAST)];
    const ofTab = tab.ok ? tab.value : null;
    return { id: ofTab ?? (site.ok ? site.value : null), isReload: ofTab !== null };
  }

  remember(id: string): void {
    tabStorage.set(LAST, id);
    siteStorage.set(LAST, id);
  }

  async persist(): Promise<boolean> {
    const answer = await answered(() => navigator.storage.persist(), ANSWER_LIMIT);
    return answer.ok && answer.value;
  }
}

/**
 * The file of a saved state is stored once for all texts that continue from it, each of which has a key of its use.
 * @param isKept it is stored already
 */
async function putItem(objects: Objects<'readwrite'>, { entry, text }: Item, isKept = false): Promise<void> {
  const { id } = entry;
  const { start } = text;
  const kept = start ? { ...text, start: { ...start, file: null } } : text;
  const requests: Promise<unknown>[] = [
    objects.put(entry, `entry:${id}`),
    objects.put({ version: versionOf(text), text: kept }, `text:${id}`),
  ];
  if (start) requests.push(objects.put(id, keyOfUse(start.digest, id)));
  if (start?.file && !isKept) requests.push(objects.put(start.file, `state:${start.digest}`));
  objects.transaction.commit(); // at once: a closing page may not get another turn of the event loop
  await Promise.all(requests);
}

const keyOfUse = (digest: string, id: string) => `use:${digest}:${id}`;

function readLeft(key: string): { item: Item; base: string }[] {
  const content = siteStorage.get(key);
  if (!content.ok || !content.value) return [];
  const decoded = attempt(() => decode(content.value!) as { entry: TextEntry; base: string });
  if (!decoded.ok) return [];
  const { entry, base } = decoded.value;
  const text = parseKept(decoded.value);
  return text && entry ? [{ item: { entry, text }, base }] : [];
}
