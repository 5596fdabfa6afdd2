import { answered, attempt } from './outcome';

const CHANNEL = 'leapformer-texts';
const ANSWER = 100; // ms within which an active tab answers
const LIMIT = 1000; // ms; a lock is granted or refused at once, so a later answer means a faulty browser

type Message = { readonly asks: string } | { readonly has: string };

/**
 * Finds out which tab has a text open, by a Web Lock, or by a message to the other tabs if the browser has no locks (plain
 * http). The result is only a hint for the user: the revision in each write prevents one tab from overwriting another.
 */
export class Claims {
  /** Releases the lock of each text that this tab has open; null: no lock. */
  private readonly held = new Map<string, (() => void) | null>();
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly channel: BroadcastChannel | null;

  constructor() {
    const channel = attempt(() => new BroadcastChannel(CHANNEL));
    this.channel = channel.ok ? channel.value : null;
    if (this.channel) this.channel.onmessage = ({ data }) => this.take(data);
  }

  /**
   * Claims a text for this tab; false: another tab has it.
   * @param patience ms to wait for a page that is being reloaded
   */
  async claim(id: string, patience: number): Promise<boolean> {
    if (this.held.has(id)) return true;
    const lock = await this.lock(id);
    if (lock !== 'refused') return lock === 'granted' || this.claimWithoutLock(id);
    if (!patience) return false;
    // A page that is being reloaded does not answer. If a page answers, it stays open, and waiting is pointless.
    const giveUp = new AbortController();
    void this.isElsewhere(id, patience).then(() => giveUp.abort());
    return (await this.lock(id, giveUp.signal)) === 'granted';
  }

  /** This tab has the lock, so no other tab has the text open. */
  hasLock(id: string): boolean {
    return Boolean(this.held.get(id));
  }

  /** Releases all texts but these. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const [id, release] of this.held) {
      if (ids.has(id)) continue;
      this.held.delete(id);
      release?.();
    }
  }

  /** No other tab has the text open. */
  async isFree(id: string): Promise<boolean> {
    if (this.held.has(id)) return true;
    const state = await answered(
      async () => navigator.locks.request(nameOf(id), { ifAvailable: true }, (lock) => lock !== null),
      LIMIT,
    );
    return state.ok ? state.value : !(await this.isElsewhere(id, ANSWER));
  }

  private async claimWithoutLock(id: string): Promise<boolean> {
    if (await this.isElsewhere(id, ANSWER)) return false;
    this.held.set(id, null);
    return true;
  }

  /** @param signal waits for the lock until it aborts; without a signal, a lock of another tab is refused at once */
  private async lock(id: string, signal?: AbortSignal): Promise<'granted' | 'refused' | 'none'> {
    const request = () =>
      new Promise<'granted' | 'refused'>((resolve, reject) => {
        const whileHeld = (lock: Lock | null) => {
          if (!lock) return resolve('refused');
          return new Promise<void>((release) => {
            this.held.set(id, release);
            resolve('granted');
          });
        };
        navigator.locks
          .request(nameOf(id), signal ? { signal } : { ifAvailable: true }, whileHeld)
          .catch((thrown) => (signal?.aborted ? resolve('refused') : reject(thrown)));
      });
    if (signal) return request().catch(() => 'none');
    const outcome = await answered(request, LIMIT);
    return outcome.ok ? outcome.value : 'none';
  }

  /** Whether another tab reports within `limit` ms that it has the text open. */
  private isElsewhere(id: string, limit: number): Promise<boolean> {
    return new Promise((resolve) => {
      const listeners = this.waiting.get(id) ?? new Set();
      const end = (isElsewhere: boolean) => {
        clearTimeout(timer);
        listeners.delete(answer);
        resolve(isElsewhere);
      };
      const answer = () => end(true);
      const timer = setTimeout(() => end(false), limit);
      this.waiting.set(id, listeners.add(answer));
      this.say({ asks: id });
    });
  }

  private take(message: Message): void {
    if ('asks' in message && this.held.has(message.asks)) this.say({ has: message.asks });
    if ('has' in message) for (const answer of this.waiting.get(message.has) ?? []) answer();
  }

  private say(message: Message): void {
    attempt(() => this.channel?.postMessage(message));
  }
}

const nameOf = (id: string) => `leapformer-text:${id}`;
