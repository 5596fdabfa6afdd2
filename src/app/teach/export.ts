import { zipSync } from 'fflate';
import { CONFIG_FILE, WEIGHTS_FILE } from '../../model/finetuning/adapter-files';

/** The files of an adapter in one zip, as PEFT reads them after unpacking. */
export async function adapterZip(files: Readonly<Record<string, Blob>>): Promise<Blob> {
  const entries = [CONFIG_FILE, WEIGHTS_FILE].map(
    async (name) => [name, new Uint8Array(await files[name].arrayBuffer())] as const,
  );
  return new Blob([zipSync(Object.fromEntries(await Promise.all(entries))) as Uint8Array<ArrayBuffer>]);
}
