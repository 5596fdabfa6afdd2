import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { type Browser, type Profile, type Tab, WINDOW } from './driver';

/** Drives WebKitGTK's MiniBrowser on its own screen (Xvfb) with WebDriver, which is JSON over HTTP (https://www.w3.org/TR/webdriver2/). */
export async function webkit(driverPath: string): Promise<Browser> {
  const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [number] = await once(createInterface(screen.stdout), 'line');
  const drivers: ChildProcess[] = [];
  return {
    keepsModels: false, // WebKit for Linux has no navigator.storage
    async newProfile() {
      const port = await freePort();
      // A driver has one session at a time, and each session has its own profile.
      const driver = spawn(driverPath, [`--port=${port}`], {
        stdio: 'ignore',
        detached: true, // its own process group, with the browser that it starts
        env: { ...process.env, DISPLAY: `:${number}`, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' },
      });
      drivers.push(driver);
      return profile(`http://127.0.0.1:${port}`);
    },
    async close() {
      for (const { pid } of drivers) process.kill(-pid!);
      screen.kill();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

type Send = <T>(method: string, path: string, body?: object) => Promise<T>;

/** Sends a command. 'close' because Node's fetch keeps connections open, and this driver closes them without notice. */
function sender(base: string): Send {
  return async (method, path, body) => {
    const response = await fetch(base + path, {
      method,
      headers: { connection: 'close' },
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  };
}

async function profile(driver: string): Promise<Profile> {
  const { sessionId } = await begin(sender(driver));
  const send = sender(`${driver}/session/${sessionId}`);
  await send('POST', '/window/rect', WINDOW);
  let isFirst = true;
  return {
    async newTab() {
      const { handle } = isFirst
        ? { handle: await send<string>('GET', '/window') }
        : await send<{ handle: string }>('POST', '/window/new', { type: 'window' }); // a new tab would stay hidden
      isFirst = false;
      return tab(send, handle);
    },
    close: () => send('DELETE', ''),
  };
}

/** Starts a session; retries until the driver listens. */
async function begin(send: Send): Promise<{ sessionId: string }> {
  for (let tries = 0; ; tries++)
    try {
      return await send('POST', '/session', { capabilities: {} });
    } catch (error) {
      if (tries === 50 || !(error instanceof TypeError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

/** Keys without a character: https://www.w3.org/TR/webdriver2/#keyboard-actions */
const KEYS: Record<string, string> = {
  Control: '\uE009',
  Alt: '\uE00A',
  Shift: '\uE008',
  Enter: '\uE007',
  Escape: '\uE00C',
  Tab: '\uE004',
  Home: '\uE011',
  End: '\uE010',
  ArrowLeft: '\uE012',
  ArrowRight: '\uE014',
};

function tab(send: Send, handle: string): Tab {
  const errors: string[] = [];
  const here = () => send('POST', '/window', { handle });
  const evaluate = async <T>(expression: string): Promise<T> => {
    await here();
    return send('POST', '/execute/sync', { script: `return (${expression})`, args: [] });
  };
  /** Collects errors before the page unloads, because unloading discards them. */
  const collect = async () => {
    errors.push(...(await evaluate<string[]>('globalThis.inPage?.errors.splice(0) ?? []')));
  };
  const act = async (action: object) => {
    await here();
    await send('POST', '/actions', { actions: [action] });
  };
  const down = (value: string) => ({ type: 'keyDown', value });
  const up = (value: string) => ({ type: 'keyUp', value });
  const keys = (actions: object[]) => act({ type: 'key', id: 'keyboard', actions });
  return {
    evaluate,
    async open(address) {
      await collect();
      await send('POST', '/url', { url: address });
    },
    async reload() {
      await collect();
      await send('POST', '/refresh');
    },
    click: (x, y) =>
      act({
        type: 'pointer',
        id: 'mouse',
        parameters: { pointerType: 'mouse' },
        actions: [
          { type: 'pointerMove', x, y },
          { type: 'pointerDown', button: 0 },
          { type: 'pointerUp', button: 0 },
        ],
      }),
    type: (words) => keys([...words].flatMap((key) => [down(key), up(key)])),
    async press(chord) {
      const pressed = chord.split('+').map((key) => KEYS[key] ?? key);
      await keys([...pressed.map(down), ...pressed.reverse().map(up)]);
    },
    async close() {
      await collect();
      await send('DELETE', '/window');
    },
    async errors() {
      await collect();
      return errors.splice(0);
    },
  };
}
