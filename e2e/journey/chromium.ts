import type { Page, Browser as PlaywrightBrowser } from '@playwright/test';
import { type Browser, type Tab, WINDOW } from './driver';

/** Drives Chromium with Playwright. */
export function chromium(browser: PlaywrightBrowser): Browser {
  return {
    keepsModels: true,
    async newProfile() {
      const context = await browser.newContext({ viewport: WINDOW, serviceWorkers: 'block' });
      return { newTab: async () => tab(await context.newPage()), close: () => context.close() };
    },
    close: async () => {}, // the test runner closes it
  };
}

function tab(page: Page): Tab {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  return {
    open: async (address) => void (await page.goto(address)),
    reload: async () => void (await page.reload()),
    evaluate: (expression) => page.evaluate(expression),
    click: (x, y) => page.mouse.click(x, y),
    type: (words) => page.keyboard.type(words),
    press: (chord) => page.keyboard.press(chord),
    close: () => page.close(),
    errors: async () => errors.splice(0),
  };
}
