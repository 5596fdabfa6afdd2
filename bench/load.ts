import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { build, preview } from 'vite';

/** Milliseconds since navigation, one sample per opening. */
export interface Load {
  readonly firstPaint: readonly number[];
  /** Time at which Generate could be pressed and was pressed. */
  readonly ready: readonly number[];
  /** Time at which the page showed the first requested token. */
  readonly firstToken: readonly number[];
}

/** Flags for containers (no sandbox) and against background traffic of the browser. */
export const QUIET = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Builds the playground and opens it over localhost, each time in a fresh profile without WebGPU. */
export async function measureLoad(root: string, executablePath: string, openings: number): Promise<Load> {
  const shared = {
    root,
    logLevel: 'error',
    build: { outDir: join(import.meta.dirname, '.cache/dist'), emptyOutDir: true },
  } as const;
  await build(shared);
  const server = await preview({ ...shared, preview: { port: 0 } });
  const load = { firstPaint: [] as number[], ready: [] as number[], firstToken: [] as number[] };
  try {
    for (let opening = 0; opening < openings; opening++) {
      const browser = await chromium.launch({ executablePath, args: QUIET });
      try {
        const page = await browser.newPage();
        await page.addInitScript(pressAtOnce);
        await page.goto(server.resolvedUrls!.local[0]);
        await page.waitForFunction(() => globalThis.pressed?.firstToken, null, { timeout: 60_000 });
        const { firstPaint, ready, firstToken } = await page.evaluate(() => ({
          ...globalThis.pressed,
          firstPaint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
        }));
        load.firstPaint.push(firstPaint);
        load.ready.push(ready!);
        load.firstToken.push(firstToken!);
      } finally {
        await browser.close();
      }
    }
  } finally {
    await server.close();
  }
  return load;
}

declare global {
  var pressed: { ready: number | null; firstToken: number | null } | undefined;
}

/** Runs in the page: presses the accented button until a generation of one token starts, and waits for the token. */
function pressAtOnce(): void {
  localStorage.setItem('settings', JSON.stringify({ length: 1 }));
  const pressed: NonNullable<typeof globalThis.pressed> = { ready: null, firstToken: null };
  globalThis.pressed = pressed;
  const look = () => {
    const button = document.querySelector<HTMLButtonElement>('button.write-button');
    const isWriting = button?.textContent?.trim().startsWith('Stop');
    if (isWriting) pressed.ready ??= performance.now();
    else if (pressed.ready !== null) pressed.firstToken ??= performance.now();
    else button?.click();
    if (pressed.firstToken === null) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
