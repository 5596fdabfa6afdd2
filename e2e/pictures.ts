import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Page } from '@playwright/test';

/** With PICTURES=1 in the environment, tests save screenshots for the documentation, and use the page's default model. */
export const PICTURES = Boolean(process.env.PICTURES);

/** Saves docs/NAME.png, with a window of `size`. */
export async function picture(page: Page, name: string, size: { width: number; height: number }) {
  if (!PICTURES) return;
  const path = new URL(`../docs/${name}.png`, import.meta.url).pathname;
  mkdirSync(dirname(path), { recursive: true });
  const before = page.viewportSize()!;
  await page.setViewportSize(size);
  await page.mouse.move(0, 0);
  await page.screenshot({ path, animations: 'disabled' });
  await page.setViewportSize(before);
}
