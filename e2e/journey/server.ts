import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { build, preview } from 'vite';

const ROOT = new URL('../../', import.meta.url).pathname;
const BUILT = '.cache/e2e';

/** The build as a static host serves it, with the journey's script before the page's own. `stop` is the end of the network. */
export async function serve(): Promise<{ address: string; stop(): Promise<void> }> {
  const page = (await readFile(`${ROOT}${BUILT}/index.html`, 'utf8')).replace(
    '<head>',
    `<head><script>${await script()}</script>`,
  );
  const server = await preview({
    root: ROOT,
    logLevel: 'error',
    build: { outDir: BUILT },
    preview: { host: '127.0.0.1', port: 0 },
    plugins: [
      {
        name: 'journey',
        configurePreviewServer: ({ middlewares }) => {
          middlewares.use((request, response, next) => {
            if (!/^\/(\?|$)/.test(request.url ?? '')) return next();
            response.setHeader('content-type', 'text/html');
            response.end(page);
          });
        },
      },
    ],
  });
  const { port } = server.httpServer.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/`, stop: () => server.close() };
}

/** in-page.ts as one classic script, which runs before the page's modules. */
async function script(): Promise<string> {
  const entry = new URL('in-page.ts', import.meta.url).pathname;
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: true, lib: { entry, formats: ['iife'], name: 'journey' } },
  });
  const [{ output }] = [result].flat() as { output: { code: string }[] }[];
  return output[0].code.replaceAll('</script', '<\\/script');
}
