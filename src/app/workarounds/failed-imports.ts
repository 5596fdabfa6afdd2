/**
 * Browser: Chromium 150 (not 156), Firefox.
 * Bug: the browser remembers a module that did not load. A later import() of it fails at once, also when the network is back.
 * Workaround: the next attempt imports the same file under another address.
 * Fixed if: e2e/parts.spec.ts passes without this file.
 * Delete this file when every supported browser fetches a failed module again.
 */
export function retryable<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null;
  let address: string | null = null;
  let attempts = 0;
  const attempt = async () => {
    try {
      // biome-ignore lint/plugin: late() and preloaded() call this
      return await (address ? import(/* @vite-ignore */ `${address}?attempt=${++attempts}`) : load());
    } catch (error) {
      loading = null;
      address ??= /https?:\S+?\.js/.exec(String(error))?.[0] ?? null;
      throw error;
    }
  };
  return () => {
    loading ??= attempt();
    return loading;
  };
}
