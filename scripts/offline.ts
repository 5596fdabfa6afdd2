import type { Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { ICON_SIZES, icon } from './icon.ts';

/**
 * Vite plugins: the page can be installed, and opens without a network after one visit. The service worker keeps the files
 * of one build, with the list and the manifests of the models. It does not keep the files of the models, which the engine
 * keeps by their digests (src/workers/kept-files.ts). A new build takes over only when the user agrees (src/app/updates.ts).
 */
export function offline(): Plugin[] {
  return [icons, ...VitePWA(OPTIONS)];
}

const name = (size: number) => `icon-${size}.png`;

const icons: Plugin = {
  name: 'icons',
  apply: 'build',
  generateBundle() {
    for (const size of ICON_SIZES) this.emitFile({ type: 'asset', fileName: name(size), source: icon(size) });
  },
  transformIndexHtml: () => [
    { tag: 'link', attrs: { rel: 'apple-touch-icon', href: `./${name(ICON_SIZES[0])}` }, injectTo: 'head' },
    { tag: 'meta', attrs: { name: 'theme-color', content: '#0b6b66' }, injectTo: 'head' },
  ],
};

const OPTIONS: Parameters<typeof VitePWA>[0] = {
  registerType: 'prompt',
  injectRegister: false,
  manifest: {
    id: './',
    name: 'LeaPformer Playground',
    short_name: 'LeaPformer',
    description: 'A language model that writes in your browser, in constant memory.',
    theme_color: '#0b6b66',
    background_color: '#ffffff',
    display: 'standalone',
    icons: ICON_SIZES.map((size) => ({
      src: name(size),
      sizes: `${size}x${size}`,
      type: 'image/png',
      purpose: 'any maskable',
    })),
  },
  workbox: {
    globPatterns: ['**/*.{html,js,css,woff2}', 'weights/index.json', 'weights/*/manifest.json'],
    dontCacheBustURLsMatching: /^assets\//, // their names have a hash
    navigateFallbackDenylist: [/\/(assets|weights)\//],
    clientsClaim: true,
    cleanupOutdatedCaches: true,
  },
};
