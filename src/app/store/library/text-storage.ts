import { labelOf } from '../document/article';
import type { TextValue } from '../document/text-value';
import { Claims } from './claims';
import { Database, type Objects } from './database';
import { answered, attempt, failed, type Outcome, ok } from './outcome';
import { decode, encode } from './packed';
import { parseKept, VERSION } from './persistence';
import { effectOf, includes } from './revisions';
import { siteStorage, tabStorage } from './web-storage';

/** What is known of a kept text without reading it. */
export interface TextEntry {
  readonly id: string;
  /** As the person named it; null: it goes by its title. */
  readonly name: string | null;
  /** Its title or first words. */
  readonly title: string;
  /** When it was changed last, in ms since 1970. */
  readonly changed: number;
  /** Which write this is (library/revisions.ts). */
  readonly revision: string;
}

export interface Item {
  readonly entry: TextEntry;
  readonly text: TextValue;
}

/** 'another': another page wrote the text since `base`; nothing was changed. */
export type Written = 'done' | 'another';

export function nameOf({ name, title }: Pick<TextEntry, 'name' | 'title'>): string {
  return name ?? (title || 'Untitled');
}

/** Where texts are kept. No call throws. A `base` is the stored revision that the caller knows. */
export interface TextStorage {
  list(): Promise<Outcome<TextEntry[]>>;
  /** Null: it is not there. */
  read(id: string): Promise<Outcome<Item | null>>;
  write(item: Item, base: string): Promise<Outcome<Written>>;
  remove(entry: TextEntry, base: string): Promise<Outcome<Written>>;
  /** Keeps a text at once, in a page that is about to go and may not get done what `write` begins. */
  writeLast(item: Item, base: string): Outcome<void>;
  /** What pages kept so, and what the storage does not have yet. */
  left(): { readonly item: Item; readonly base: string }[];
  /** The storage has this revision now: forgets it and the page's earlier ones. */
  forgetLast(entry: TextEntry): void;
  /** Takes a text for this tab; false: another tab has it open. */
  claim(id: string, patience: number): Promise<boolean>;
  /** Lets all texts go but these. */
  keepOnly(ids: ReadonlySet<string>): void;
  /** No other tab has it open. */
  isFree(id: string): Promise<boolean>;
  /** The text that this tab showed before a reload, else the one that any tab opened last. */
  remembered(): { readonly id: string | null; readonly isReload: boolean };
  remember(id: string): void;
  /** Asks the browser not to delete the texts when room gets short; whether it will not. */
  persist(): Promise<boolean>;
}

const LAST = 'text'; // in sessionStorage: of this tab; in localStorage: of any
const BEFORE = 'text'; // the key of the one text that there was at first
const LEFT = 'left:'; // in localStorage: texts of pages that went
const ANSWER_LIMIT = 600_000; // ms; a person may be asked

/** In IndexedDB, since texts may be megabytes. */
export class BrowserTexts implements TextStorage {
  private readonly database = new Database('leapformer-playground', 'kept');
  private readonly claims = new Claims();
  private readonly lasts = new Set<string>();

  async list(): Promise<Outcome<TextEntry[]>> {
    const listed = await this.database.run('readonly', (objects) =>
      Promise.all([
        objects.getAll(IDBKeyRange.bound('entry:', 'entry;')) as Promise<TextEntry[]>,
        objects.get(BEFORE),
      ]),
    );
    if (!listed.ok) return listed;
    const [entries, before] = listed.value;
    if (before && (await this.database.run('readwrite', adopt)).ok) return this.list();
    return ok(entries.map(withRevision));
  }

  async read(id: string): Promise<Outcome<Item | null>> {
    const stored = await this.database.run('readonly', (objects) =>
      Promise.all([objects.get(`entry:${id}`), objects.get(`text:${id}`)]),
    );
    if (!stored.ok) return stored;
    const [entry, kept] = stored.value;
    if (!entry || !kept) return ok(null);
    const text = parseKept(kept);
    return text ? ok({ entry: withRevision(entry), text }) : failed('unreadable');
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
    return effectOf(stored && withRevision(stored).revision, revision, base);
  }

  /** In localStorage, whose limit of about 5 MB is that of 25,000 tokens; what fails is a larger text. */
  writeLast(item: Item, base: string): Outcome<void> {
    const { id } = item.entry;
    this.lasts.add(id);
    const kept = siteStorage.set(LEFT + id, encode({ version: VERSION, ...item, base }));
    // A page that goes gets no turn to look at what is stored first. The lock says that nobody else wrote it.
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
    if (left && includes(revision, left.item.entry.revision)) siteStorage.remove(LEFT + id); // else its page has gone on
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

/** The one text of the first version becomes the first of several. */
async function adopt(objects: Objects<'readwrite'>): Promise<void> {
  const text = parseKept(await objects.get(BEFORE));
  const entry = { id: 'first', name: null, title: labelOf(text?.runs ?? []), changed: 0, revision: '' };
  void objects.delete(BEFORE);
  if (text) await putItem(objects, { entry, text });
}

async function putItem(objects: Objects<'readwrite'>, { entry, text }: Item): Promise<void> {
  const requests = [
    objects.put(entry, `entry:${entry.id}`),
    objects.put({ version: VERSION, text }, `text:${entry.id}`),
  ];
  objects.transaction.commit(); // now, and not after a turn that a closing page may not get
  await Promise.all(requests);
}

/** Versions before this one wrote no revision. */
function withRevision(entry: TextEntry): TextEntry {
  return { ...entry, revision: entry.revision ?? '' };
}

function readLeft(key: string): { item: Item; base: string }[] {
  const content = siteStorage.get(key);
  if (!content.ok || !content.value) return [];
  const decoded = attempt(() => decode(content.value!) as { entry: TextEntry; base: string });
  if (!decoded.ok) return [];
  const { entry, base } = decoded.value;
  const text = parseKept(decoded.value);
  return text && entry ? [{ item: { entry: withRevision(entry), text }, base }] : [];
}
