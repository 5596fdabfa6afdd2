import { readdirSync, readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { test } from 'vitest';
import { SHIPPED } from '../../tests/files';
import { smallModel } from '../../tests/small-model';
import { checkFiles } from '../model/runtime/check-files';
import { loadModel } from '../model/runtime/folder';
import { readFiles } from '../model/runtime/model-files';
import { findModelFiles } from './dropped-model';

const open = async (files: Record<string, Uint8Array>) => {
  const dropped = Object.entries(files).map(([path, bytes]) => ({
    path,
    file: new File([bytes as Uint8Array<ArrayBuffer>], path.split('/').at(-1)!),
  }));
  const { name, files: found } = await findModelFiles(dropped);
  const { manifest, files: checked } = await checkFiles(found, name);
  return { manifest, model: await loadModel(readFiles(checked)) };
};
const inFolder = (folder: string, files: Record<string, Uint8Array>) =>
  Object.fromEntries(Object.entries(files).map(([name, file]) => [folder + name, file]));

test('x', async () => {
  const small = smallModel();
  const { manifest, model } = await open(inFolder('Tea party/', small));
  console.log(manifest, model.tokenizer.decode([1, 2, 3]));
  console.log((await open({ 'My.zip': zipSync(inFolder('a/', small)) })).manifest.name);
  console.log(
    (
      await open(
        inFolder(
          's/',
          Object.fromEntries(
            readdirSync(SHIPPED).map((n) => [n, Uint8Array.from(readFileSync(SHIPPED + n))]),
          ),
        ),
      )
    ).manifest,
  );
});
