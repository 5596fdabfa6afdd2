import { type Browser, chromium, type Page } from '@playwright/test';
import { QUIET, serveSite } from './site';

/** Milliseconds since navigation, one sample per opening. */
export interface Load {
  readonly firstPaint: number[];
  /** Time at which Generate could be pressed and was pressed. */
  readonly ready: number[];
  /** Time at which the page showed the first requested token. */
  readonly firstToken: number[];
}

const LATENCY = 40; // ms before each answer, on a line with a limited rate

/**
 * Builds the playground and opens it over localhost, each time in a fresh profile without WebGPU.
 * @param queries queries of the address, opened in turn; the result has a Load for each
 * @param mbit rate of the line in Mbit/s, for all that the page and its worker load; null: no limit
 */
export async function measureLoad(
  root: string,
  executablePath: string,
  openings: number,
  queries: readonly string[] = [''],
  mbit: number | null = null,
): Promise<Load[]> {
  const site = await serveSite(root);
  const loads = queries.map((): Load => ({ firstPaint: [], ready: [], firstToken: [] }));
  try {
    for (let opening = 0; opening < openings; opening++)
      for (const [n, query] of queries.entries()) {
        const browser = await chromium.launch({ executablePath, args: QUIET });
        try {
          await open(browser, site.address + query, mbit, loads[n]);
        } finally {
          await browser.close();
        }
      }
  } finally {
    await site.close();
  }
  return loads;
}

async function open(browser: Browser, address: string, mbit: number | null, load: Load): Promise<void> {
  const page = await browser.newPage();
  await page.addInitScript(pressAtOnce);
  if (mbit !== null) await throttle(page, mbit);
  await page.goto(address);
  await page.waitForFunction(() => globalThis.pressed?.firstToken, null, { timeout: 120_000 });
  const { firstPaint, ready, firstToken } = await page.evaluate(() => ({
    ...globalThis.pressed,
    firstPaint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  }));
  load.firstPaint.push(firstPaint);
  load.ready.push(ready!);
  load.firstToken.push(firstToken!);
}

async function throttle(page: Page, mbit: number): Promise<void> {
  const bytesPerSecond = (mbit * 1e6) / 8;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: LATENCY,
    downloadThroughput: bytesPerSecond,
    uploadThroughput: bytesPerSecond,
  });
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
