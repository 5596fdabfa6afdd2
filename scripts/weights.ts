// Fetches the models that a clone does not contain, and checks their SHA-256: `npm run weights -- ADDRESS [ID...]`.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../src/model/runtime/errors';
import { runCommand } from './command';
import { RELEASE, type ReleasedModel, readRelease, sha256, wrongFiles } from './release';

const USAGE = `Fetches the models of release.json to release/, and checks their SHA-256. A build then offers them.

npm run weights -- [--list FILE] [--out FOLDER] [ADDRESS [ID...]]

ADDRESS  address of the folder that holds the model folders (default: the environment variable WEIGHTS_URL)
ID       the models to fetch (default: all)
--list   the list of the models (default release.json)
--out    the folder to fetch them to (default release)

Files that are there and right are not fetched again.`;

const OPTIONS = { list: { type: 'string' }, out: { type: 'string', default: RELEASE } } as const;

await runCommand(USAGE, OPTIONS, async ({ list, out }, [address = process.env.WEIGHTS_URL, ...ids]) => {
  if (!address) throw new EngineError('input', 'No address is given.', 'Add it, or set WEIGHTS_URL.');
  const models = readRelease(list);
  const unknown = ids.find((id) => !models.some(({ entry }) => entry.id === id));
  if (unknown) throw new EngineError('input', `release.json has no ${unknown}.`, 'Check the name.');
  for (const model of models)
    if (!ids.length || ids.includes(model.entry.id))
      await fetchModel(model, address.replace(/\/?$/, '/'), out);
});

async function fetchModel(model: ReleasedModel, address: string, out: string): Promise<void> {
  const folder = join(out, model.entry.id);
  mkdirSync(folder, { recursive: true });
  for (const name of wrongFiles(model, out)) {
    const url = `${address}${model.entry.id}/${name}`;
    const file = await download(url);
    const { bytes, sha256: digest } = model.files[name];
    if (file.length !== bytes)
      throw failed(url, `has ${file.length} bytes instead of ${bytes}`, 'It is truncated or another file.');
    if (sha256(file) !== digest)
      throw failed(url, 'does not match its SHA-256 in release.json', 'It is damaged or another file.');
    // The rename replaces the file at once, so that a stop of the command never leaves a part of it.
    const part = join(folder, `.${name}.part`);
    writeFileSync(part, file);
    renameSync(part, join(folder, name));
  }
  console.log(`${folder}: complete`);
}

async function download(url: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw failed(
      url,
      `could not be loaded (${(cause as Error).message})`,
      'Check the address, then try again.',
    );
  }
}

function failed(url: string, what: string, remedy: string): EngineError {
  return new EngineError('network', `${url} ${what}.`, remedy);
}
