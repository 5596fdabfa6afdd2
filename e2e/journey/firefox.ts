import { type KeyInput, launch, type Page } from 'puppeteer-core';
import { type Browser, type Tab, WINDOW } from './driver';

/** The preference that makes every window private. */
export const PRIVATE = 'browser.privatebrowsing.autostart';

/** Drives Firefox with WebDriver BiDi. */
export async function firefox(executablePath: string, prefs: Record<string, unknown> = {}): Promise<Browser> {
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    defaultViewport: null,
    extraPrefsFirefox: prefs,
  });
  return {
    keepsModels: !prefs[PRIVATE],
    async newProfile() {
      const context = await browser.createBrowserContext();
      return { newTab: async () => tab(await context.newPage()), close: () => context.close() };
    },
    close: () => browser.close(),
  };
}

async function tab(page: Page): Promise<Tab> {
  // After the size, puppeteer sets the orientation of the screen, which Firefox 140 does not support.
  await page.setViewport(WINDOW).catch((error) => {
    if (!String(error).includes('setScreenOrientationOverride')) throw error;
  });
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  return {
    open: async (address) => void (await page.goto(address)),
    reload: async () => void (await page.reload()),
    evaluate: <T>(expression: string) => page.evaluate(expression) as Promise<T>,
    click: (x, y) => page.mouse.click(x, y),
    type: (words) => page.keyboard.type(words),
    async press(chord) {
      const keys = chord.split('+') as KeyInput[];
      for (const key of keys) await page.keyboard.down(key);
      for (const key of keys.reverse()) await page.keyboard.up(key);
    },
    close: () => page.close(),
    errors: async () => errors.splice(0),
  };
}
