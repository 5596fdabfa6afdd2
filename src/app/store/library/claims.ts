import { answered, attempt } from './outcome';

const CHANNEL = 'leapformer-texts';
const SOON = 100; // ms in which another tab answers, if it is there and awake
const LIMIT = 1000; // ms; locks that are not granted are refused at once, so this is a browser that does not answer

type Message = { readonly asks: string } | { readonly has: string };

/**
 * Which tab has a text open. A Web Lock says so; where there is none (over plain http) the tabs ask each other. The answer
 * is a courtesy, not a guard: that no tab overwrites the text of another, the revision in each write makes sure.
 */
export class Claims {
  /** How each text that this tab has is let go; null: it has no lock. */
  private readonly held = new Map<string, (() => void) | null>();
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly channel: BroadcastChannel | null;

  constructor() {
    const channel = attempt(() => new BroadcastChannel(CHANNEL));
    this.channel = channel.ok ? channel.value : null;
    if (this.channel) this.channel.onmessage = ({ data }) => this.take(data);
  }

  /**
   * Takes a text for this tab; false: another tab has it.
   * @param patience ms in which the page that is being reloaded may still have it
   */
  async claim(id: string, patience: number): Promise<boolean> {
    if (this.held.has(id)) return true;
    const lock = await this.lock(id);
    if (lock !== 'refused') return lock === 'granted' || this.claimWithoutLock(id);
    if (!patience) return false;
    // A page that is being reloaded does not answer; one that stays does, and then there is nothing to wait for.
    const giveUp = new AbortController();
    void this.isElsewhere(id, patience).then(() => giveUp.abort());
    return (await this.lock(id, giveUp.signal)) === 'granted';
  }

  /** No other tab can have the text. */
  hasLock(id: string): boolean {
    return Boolean(this.held.get(id));
  }

  /** Lets all texts go but these. */
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
    return state.ok ? state.value : !(await this.isElsewhere(id, SOON));
  }

  private async claimWithoutLock(id: string): Promise<boolean> {
    if (await this.isElsewhere(id, SOON)) return false;
    this.held.set(id, null);
    return true;
  }

  /** @param signal waits for the lock until then; without it a lock that another tab has is refused at once */
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

  /** Whether another tab says within `limit` ms that it has the text. */
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
