import { join } from 'node:path';
import { build, preview } from 'vite';

/** Flags of the browser for containers (no sandbox) and against its background traffic. */
export const QUIET = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser that opens the site. */
export const CHROMIUM = process.env.PLAYWRIGHT_CHROMIUM ?? '/usr/bin/chromium';

/** Builds the playground of a checkout and serves it over localhost. */
export async function serveSite(
  root = join(import.meta.dirname, '..'),
): Promise<{ address: string; close(): Promise<void> }> {
  const shared = {
    root,
    logLevel: 'error',
    build: { outDir: join(import.meta.dirname, '.cache/dist'), emptyOutDir: true },
  } as const;
  process.env.NODE_ENV = 'production'; // scripts/run.mjs has set it to "development", which selects a slower React
  await build(shared);
  const server = await preview({ ...shared, preview: { port: 0 } });
  return { address: server.resolvedUrls!.local[0], close: () => server.close() };
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The tasks in a trace of Chromium (categories toplevel and __metadata) on threads of a name; times in µs. */
export function tasksOf(trace: Buffer, threadName: RegExp): TraceEvent[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const threads = traceEvents.filter(({ args }) => threadName.test(args?.name ?? ''));
  return traceEvents.filter(
    ({ name, ph, pid, tid }) =>
      ph === 'X' && /RunTask$/.test(name) && threads.some((one) => one.pid === pid && one.tid === tid),
  );
}
