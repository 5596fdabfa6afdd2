import { Claims } from './claims';
import { Database, type Objects } from './database';
import { answered, attempt, failed, type Outcome, ok } from './outcome';
import { decode, encode } from './packed';
import { parseKept, VERSION } from './persistence';
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
    const stored = await this.database.run('readonly', (objects) =>
      Promise.all([objects.get(`entry:${id}`), objects.get(`text:${id}`)]),
    );
    if (!stored.ok) return stored;
    const [entry, kept] = stored.value;
    if (!entry || !kept) return ok(null);
    const text = parseKept(kept);
    return text ? ok({ entry: entry as TextEntry, text }) : failed('unreadable');
  }

  write({ entry, text }: Item, base: string): Promise<Outcome<Written>> {
    return this.database.run('readwrite', async (objects) => {
      const effect = await this.effectOn(objects, entry, base);
      if (effect === 'replace') await putItem(objects, { entry, text });
      return effect === 'another' ? effect : 'done';
    });
  }

  remove(entry: TextEntry, base: string): Promise<Outcome<Written>> {
    return this.database.run('readwrite', async (objects) => {
      if ((await this.effectOn(objects, entry, base)) === 'another') return 'another';
      await Promise.all([objects.delete(`entry:${entry.id}`), objects.delete(`text:${entry.id}`)]);
      return 'done';
    });
  }

  private async effectOn(objects: Objects<'readwrite'>, { id, revision }: TextEntry, base: string) {
    const stored: TextEntry | undefined = await objects.get(`entry:${id}`);
    return effectOf(stored?.revision, revision, base);
  }

  /** In localStorage. Its limit of about 5 MB suffices for 25,000 tokens; the write of a longer text fails. */
  writeLast(item: Item, base: string): Outcome<void> {
    const { id } = item.entry;
    this.lasts.add(id);
    const kept = siteStorage.set(LEFT + id, encode({ version: VERSION, ...item, base }));
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

async function putItem(objects: Objects<'readwrite'>, { entry, text }: Item): Promise<void> {
  const requests = [
    objects.put(entry, `entry:${entry.id}`),
    objects.put({ version: VERSION, text }, `text:${entry.id}`),
  ];
  objects.transaction.commit(); // at once: a closing page may not get another turn of the event loop
  await Promise.all(requests);
}

function readLeft(key: string): { item: Item; base: string }[] {
  const content = siteStorage.get(key);
  if (!content.ok || !content.value) return [];
  const decoded = attempt(() => decode(content.value!) as { entry: TextEntry; base: string });
  if (!decoded.ok) return [];
  const { entry, base } = decoded.value;
  const text = parseKept(decoded.value);
  return text && entry ? [{ item: { entry, text }, base }] : [];
}
