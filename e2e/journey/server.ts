import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { build, preview } from 'vite';
import { BUILT } from '../static-host';

const ROOT = new URL('../../', import.meta.url).pathname;

/**
 * Serves the build like a static host, with in-page.ts before the page's own scripts and golden.ts as a module. `stop`
 * takes the page offline.
 */
export async function serve(): Promise<{ address: string; stop(): Promise<void> }> {
  const page = (await readFile(`${ROOT}${BUILT}/index.html`, 'utf8')).replace(
    '<head>',
    `<head><script>${await bundle('in-page.ts', 'iife')}</script>`,
  );
  const answers: Record<string, () => Promise<[type: string, body: string]>> = {
    '/': async () => ['text/html', page],
    '/golden.js': async () => ['text/javascript', await bundle('golden.ts', 'es')],
  };
  const server = await preview({
    root: ROOT,
    logLevel: 'error',
    build: { outDir: BUILT },
    preview: { host: '127.0.0.1', port: 0 },
    plugins: [
      {
        name: 'journey',
        configurePreviewServer: ({ middlewares }) => {
          middlewares.use(async (request, response, next) => {
            if (request.url === '/sw.js') return void response.writeHead(404).end(); // it would serve the built page
            const answer = answers[request.url!.replace(/\?.*/, '')];
            if (!answer) return next();
            const [type, body] = await answer();
            response.setHeader('content-type', type);
            response.end(body);
          });
        },
      },
    ],
  });
  const { port } = server.httpServer.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/`, stop: () => server.close() };
}

/** Bundles a file of this folder with its imports into one script. */
async function bundle(file: string, format: 'iife' | 'es'): Promise<string> {
  const entry = new URL(file, import.meta.url).pathname;
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry, formats: [format], name: 'journey' } },
  });
  const [{ output }] = [result].flat() as { output: { code: string }[] }[];
  return output[0].code.replaceAll('</script', '<\\/script');
}
