import type { Browser, BrowserContext } from '@playwright/test';

const REPORT = 'securitypolicyviolation: ';

/**
 * Watches every context of a browser: the page must keep its Content-Security-Policy, and request nothing from another
 * host. (The servers of the tests are on this machine.)
 * @returns the list to which each failure is added
 */
export function watch(browser: Browser): string[] {
  const failures: string[] = [];
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => watched(await newContext(options), failures);
  return failures;
}

async function watched(context: BrowserContext, failures: string[]): Promise<BrowserContext> {
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && !['127.0.0.1', 'localhost'].includes(hostname))
      failures.push(`request to another host: ${request.url()}`);
  });
  context.on('console', (message) => {
    if (message.text().startsWith(REPORT)) failures.push(message.text());
  });
  await context.addInitScript((report) => {
    document.addEventListener(
      'securitypolicyviolation',
      ({ effectiveDirective, blockedURI, sample, sourceFile }) =>
        console.debug(report + [effectiveDirective, blockedURI, sample, sourceFile].join(' ')),
    );
  }, REPORT);
  return context;
}
