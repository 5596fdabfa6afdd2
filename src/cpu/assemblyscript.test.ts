import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KERNEL_CONSTANTS } from '../model/sampling/kernel-constants';
import { compile } from './assemblyscript';

const root = join(import.meta.dirname, '../..');
const FOLDERS = ['src/cpu/kernels', 'src/cpu/finetuning/kernels', 'bench/kernels'];
const HEADER = '// Generated from index.ts: npx vitest run src/cpu/assemblyscript.test.ts -u';

test.each(FOLDERS)('%s/exports.d.ts declares the exports of index.ts', async (folder) => {
  const { declarations } = await compile(join(root, folder, 'index.ts'));
  await expect(`${HEADER}\n${declarations}`).toMatchFileSnapshot(join(root, folder, 'exports.d.ts'));
});

test('the kernels of fine-tuning have no static data, which would overwrite that of the other kernels', async () => {
  const { wasm } = await compile(join(root, 'src/cpu/finetuning/kernels/index.ts'));
  const sections: number[] = [];
  const sizeAt = (at: number): [size: number, next: number] => {
    const byte = wasm[at];
    if (byte < 128) return [byte, at + 1];
    const [rest, next] = sizeAt(at + 1);
    return [(byte & 127) + 128 * rest, next];
  };
  for (let at = 8; at < wasm.length; ) {
    sections.push(wasm[at]);
    const [size, next] = sizeAt(at + 1);
    at = next + size;
  }
  expect(sections).toContain(10); // code
  expect(sections).not.toContain(11); // data
});

test('no kernel declares a constant that the model defines', () => {
  const sources = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name)),
  );
  const declared = sources.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/const (\w+)\b/g)]);
  expect(declared.length).toBeGreaterThan(100);
  expect(declared.map(([, name]) => name).filter((name) => name in KERNEL_CONSTANTS)).toEqual([]);
});
