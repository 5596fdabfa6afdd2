import { strToU8, zipSync } from 'fflate';
import { CONFIG_FILE, WEIGHTS_FILE } from '../../model/finetuning/adapter-files';

/** The files of an adapter in one zip, as PEFT reads them after unpacking. @param texts files beside them, by name */
export async function adapterZip(
  files: Readonly<Record<string, Blob>>,
  texts: Readonly<Record<string, string>> = {},
): Promise<Blob> {
  const entries = [CONFIG_FILE, WEIGHTS_FILE].map(
    async (name) => [name, new Uint8Array(await files[name].arrayBuffer())] as const,
  );
  const beside = Object.entries(texts).map(([name, text]) => [name, strToU8(text)] as const);
  const all = Object.fromEntries([...(await Promise.all(entries)), ...beside]);
  return new Blob([zipSync(all) as Uint8Array<ArrayBuffer>]);
}
