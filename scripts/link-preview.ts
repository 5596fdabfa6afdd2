import { readFileSync } from 'node:fs';
import type { HtmlTagDescriptor, Plugin } from 'vite';

const IMAGE = 'preview.png';
const PICTURE = new URL('../docs/playground.png', import.meta.url);

/**
 * Vite plugin: a picture in the previews of links to the page, which chat programs show. They need an absolute address, so
 * without `siteUrl`, the address of the built site, there is no picture.
 */
export function linkPreview(siteUrl: string | undefined): Plugin {
  return {
    name: 'link-preview',
    apply: 'build',
    transformIndexHtml: () => (siteUrl ? tags(siteUrl) : []),
    generateBundle() {
      if (siteUrl) this.emitFile({ type: 'asset', fileName: IMAGE, source: readFileSync(PICTURE) });
    },
  };
}

/** @throws TypeError if `siteUrl` is not an absolute address */
function tags(siteUrl: string): HtmlTagDescriptor[] {
  const site = new URL(siteUrl.replace(/\/?$/, '/'));
  const properties = { 'og:url': site.href, 'og:image': new URL(IMAGE, site).href };
  return [
    ...Object.entries(properties).map(([property, content]) => ({
      tag: 'meta',
      attrs: { property, content },
    })),
    { tag: 'meta', attrs: { name: 'twitter:card', content: 'summary_large_image' } },
  ];
}
