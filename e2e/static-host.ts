import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

/** The folder of the build that the tests open. */
export const BUILT = '.cache/e2e';

/** The types that browsers require. Every other file gets text/plain, as from hosts that do not know its name. */
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Milliseconds until the client has what was written before the connection broke. */
const ARRIVES = 500;

/** A host without any configuration: it serves a built site from a sub-path. */
export interface StaticHost {
  readonly address: string;
  /** The folder of the site. */
  site: string;
  /** The number of bytes after which answers with a model's weights break. */
  breaksAfter: number;
  /** Requests for the weights of models: the first byte. */
  readonly weights: number[];
  close(): void;
}

export async function staticHost(path: string): Promise<StaticHost> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://host');
    const file = join(host.site, pathname.slice(path.length) || 'index.html');
    if (!pathname.startsWith(path) || !existsSync(file)) return void response.writeHead(404).end();
    const content = readFileSync(file);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = `bytes ${from}-${content.length - 1}/${content.length}`;
    response.writeHead(from > 0 ? 206 : 200, {
      'content-type': TYPES[extname(file)] ?? 'text/plain',
      'content-length': content.length - from,
      'cache-control': 'no-store',
      ...(from > 0 && { 'content-range': range }),
    });
    const breaks = file.endsWith('.safetensors') && content.length - from > host.breaksAfter;
    if (file.endsWith('.safetensors')) host.weights.push(from);
    if (!breaks) return void response.end(content.subarray(from));
    response.write(content.subarray(from, from + host.breaksAfter));
    setTimeout(() => response.destroy(), ARRIVES);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const host: StaticHost = {
    address: `http://127.0.0.1:${port}${path}`,
    site: BUILT,
    breaksAfter: Number.POSITIVE_INFINITY,
    weights: [],
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return host;
}
