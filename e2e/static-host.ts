import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

/** The folder of the build that the tests open. */
export const BUILT = '.cache/e2e';

/** The types that browsers require. Every other file gets text/plain, as from hosts that do not know its name. */
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** A host without any configuration: it serves a built site from a sub-path. */
export async function staticHost(site: string, path: string): Promise<{ address: string; close(): void }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://host');
    const file = join(site, pathname.slice(path.length) || 'index.html');
    if (!pathname.startsWith(path) || !existsSync(file)) return void response.writeHead(404).end();
    const type = TYPES[extname(file)] ?? 'text/plain';
    response.writeHead(200, { 'content-type': type }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}${path}`, close: () => void server.close() };
}
