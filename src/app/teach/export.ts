import { zipSync } from 'fflate';
import { LAST } from '../../workers/kept-folders';

/** The files of an adapter in one zip, as PEFT reads them after unpacking. */
export async function adapterZip(files: Readonly<Record<string, Blob>>): Promise<Blob> {
  const names = Object.keys(files).filter((name) => name !== LAST);
  const entries = names.map(async (name) => [name, new Uint8Array(await files[name].arrayBuffer())] as const);
  return new Blob([zipSync(Object.fromEntries(await Promise.all(entries))) as Uint8Array<ArrayBuffer>]);
}
