import { type IDBPDatabase, type IDBPObjectStore, openDB } from 'idb';
import { answered, type Outcome } from './outcome';

export type Objects<Mode extends IDBTransactionMode> = IDBPObjectStore<unknown, [string], string, Mode>;

const LIMITS = { readonly: 4000, readwrite: 10_000 }; // ms; writing megabytes to a busy disk takes seconds

/** One object store in IndexedDB. It opens at the first use, and again after the browser closed or deleted it. */
export class Database {
  private readonly name: string;
  private readonly storeName: string;
  private connection: IDBPDatabase | null = null;
  private opening: Promise<IDBPDatabase> | null = null;

  constructor(name: string, storeName: string) {
    this.name = name;
    this.storeName = storeName;
  }

  /** Runs `work` in one transaction: everything is stored, or nothing. */
  async run<Mode extends 'readonly' | 'readwrite', T>(
    mode: Mode,
    work: (objects: Objects<Mode>) => Promise<T>,
  ): Promise<Outcome<T>> {
    // Starts synchronously if the database is open, because a closing page may not get another turn of the event loop.
    const outcome = await answered(async () => {
      const connection = this.connection ?? (await this.open());
      try {
        return await this.transact(connection, mode, work);
      } catch (thrown) {
        if ((thrown as DOMException)?.name !== 'InvalidStateError') throw thrown;
        return this.transact(await this.open(), mode, work); // the browser has closed the connection
      }
    }, LIMITS[mode]);
    if (!outcome.ok) this.opening = null; // if it hangs, the next call opens it again
    return outcome;
  }

  private async transact<Mode extends 'readonly' | 'readwrite', T>(
    connection: IDBPDatabase,
    mode: Mode,
    work: (objects: Objects<Mode>) => Promise<T>,
  ): Promise<T> {
    const transaction = connection.transaction(this.storeName, mode);
    const done = transaction.done.then(
      () => null,
      (thrown) => thrown ?? new DOMException('The transaction was aborted.', 'AbortError'),
    );
    try {
      const value = await work(transaction.store as Objects<Mode>);
      const thrown = await done;
      if (thrown) throw thrown;
      return value;
    } catch (thrown) {
      try {
        transaction.abort(); // otherwise only the writes before the failure would be stored
      } catch {
        // It has ended already. A full disk aborts the transaction, and only that error names the reason.
        throw (await done) ?? thrown;
      }
      throw thrown;
    }
  }

  private open(): Promise<IDBPDatabase> {
    const forget = () => {
      this.connection = null;
    };
    this.opening ??= openDB(this.name, 1, {
      upgrade: (database) => database.createObjectStore(this.storeName),
      blocking: (_current, _next, { target }) => {
        forget();
        (target as IDBDatabase).close(); // otherwise another page could not delete it
      },
      terminated: forget,
    }).then((connection) => {
      this.opening = null;
      this.connection = connection;
      return connection;
    });
    return this.opening;
  }
}
