import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import * as names from './names';
import { expect } from './playground';

/** Models on the disk of the user. */
export const disk = mkdtempSync(join(tmpdir(), 'own-models-'));
process.on('exit', () => rmSync(disk, { recursive: true, force: true })); // a hook would run before the last test

/** Writes a folder to the disk. */
export function folder(name: string, files: Record<string, Uint8Array>): string {
  mkdirSync(join(disk, name), { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(disk, name, file), content);
  return join(disk, name);
}

/** Drops files or folders of the disk on the page. */
export async function drop(page: Page, ...files: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
}

/** Waits until the model of a folder is loaded. */
export const loaded = (page: Page, path: string) =>
  expect(page.getByRole('button', { name: names.MODEL })).toHaveAccessibleName(
    `About the model: ${basename(path)}`,
  );
