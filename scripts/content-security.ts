import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

/**
 * The policy of the built page: it loads its own files and nothing else, runs no inline code, and builds no code from text.
 * @param hashes of the inline scripts
 */
const policy = (hashes: readonly string[]) =>
  Object.entries({
    'default-src': "'none'",
    'script-src': ["'self'", "'wasm-unsafe-eval'", ...hashes].join(' '),
    'style-src': "'self'",
    'img-src': "'self' data: blob:", // the icon; the picture of the Share card
    'font-src': "'self'",
    'connect-src': "'self'",
    'manifest-src': "'self'",
    'worker-src': "'self' blob:", // the threads of the CPU backend
    'base-uri': "'none'",
    'form-action': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': 'default', // src/app/workarounds/trusted-addresses.ts
  })
    .map((directive) => directive.join(' '))
    .join('; ');

/** Vite plugin: the built page carries its Content-Security-Policy, because many static hosts send no headers. */
export function contentSecurity(): Plugin {
  return {
    name: 'content-security',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => {
        const hashes = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(
          ([, code]) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
        );
        const charset = '<meta charset="utf-8" />'; // the policy applies to all that follows it
        const tag = `<meta http-equiv="Content-Security-Policy" content="${policy(hashes)}" />`;
        if (!html.includes(charset)) throw new Error(`index.html lacks ${charset}`);
        return html.replace(charset, `${charset}\n    ${tag}`);
      },
    },
  };
}
