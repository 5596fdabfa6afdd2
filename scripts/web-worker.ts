import { resolveObjectURL } from 'node:buffer';
import { Worker as NodeWorker } from 'node:worker_threads';

const PRELUDE = `
const { parentPort } = require('node:worker_threads');
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on('message', (data) => onmessage({ data }));
`;

/** The part of the browser's Worker that threads need, for Node: a script from a blob, and messages. */
class WebWorker {
  onmessage: (event: { data: unknown }) => void = () => {};
  onerror: (error: unknown) => void = () => {};
  private readonly started: Promise<NodeWorker>;

  constructor(url: string) {
    const blob = resolveObjectURL(url)!; // before the URL is revoked
    this.started = blob.text().then((script) => {
      const worker = new NodeWorker(PRELUDE + script, { eval: true });
      worker.on('message', (data) => this.onmessage({ data }));
      worker.on('error', (error) => this.onerror(error));
      worker.unref();
      return worker;
    });
  }

  async postMessage(message: unknown): Promise<void> {
    (await this.started).postMessage(message);
  }

  async terminate(): Promise<void> {
    await (await this.started).terminate();
  }
}

Object.assign(globalThis, { Worker: WebWorker });
