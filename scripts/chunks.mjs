// What the chunks of a build import.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { init, parse } from 'es-module-lexer';

await init;

/**
 * Reads the imports of every chunk in a folder.
 * @param {string} folder
 * @returns {Map<string, { static: string[], dynamic: string[] }>} by file name
 */
export function readChunks(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
  return new Map(names.map((name) => [name, importsOf(readFileSync(join(folder, name), 'utf8'))]));
}

function importsOf(code) {
  const [imports] = parse(code);
  const chunks = imports.filter(({ n }) => n?.startsWith('./') && n.endsWith('.js'));
  const names = (wanted) => chunks.filter(wanted).map(({ n }) => basename(n));
  return { static: names(({ d }) => d === -1), dynamic: names(({ d }) => d >= 0) };
}

/**
 * The chunks that load before the given entries run: the entries and their static imports.
 * @param {Map<string, { static: string[] }>} chunks
 * @param {string[]} entries file names
 * @returns {string[]}
 */
export function withStaticImports(chunks, entries) {
  const found = new Set(entries);
  for (const name of found) for (const imported of chunks.get(name)?.static ?? []) found.add(imported);
  return [...found];
}

/**
 * The imports of a worker's entry chunk. There must be none: WebKit evaluates the entry of a module worker again when
 * another chunk imports it.
 * @param {Map<string, { static: string[], dynamic: string[] }>} chunks
 * @returns {string[]} each as "chunk imports entry"
 */
export function importsOfWorkers(chunks) {
  return [...chunks].flatMap(([name, imports]) =>
    [...imports.static, ...imports.dynamic]
      .filter((imported) => imported.includes('.worker-'))
      .map((entry) => `${name} imports ${entry}`),
  );
}
