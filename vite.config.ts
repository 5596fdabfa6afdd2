import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { contentSecurity } from './scripts/content-security.ts';
import { linkPreview } from './scripts/link-preview.ts';
import { offline } from './scripts/offline.ts';
import { releasedModels } from './scripts/release.ts';
import { assemblyscript } from './src/cpu/assemblyscript.ts';

/** With ISOLATED=1 the page can share memory between threads. A static host need not send these headers. */
const headers: Record<string, string> = process.env.ISOLATED
  ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
  : {};

/** Keeps the code of a worker out of its entry chunk, so that no chunk imports the entry. */
const separateEntry: Plugin = {
  name: 'separate-entry',
  options: (options) => ({ ...options, preserveEntrySignatures: 'strict' }),
};

/** Keeps `vite preview` from compressing weights for each load: it takes seconds and saves little. */
const plainWeights: Plugin = {
  name: 'plain-weights',
  configurePreviewServer({ middlewares }) {
    middlewares.use((request, _response, next) => {
      if (request.url?.includes('.safetensors')) delete request.headers['accept-encoding'];
      next();
    });
  },
};

/** Puts everything that an entry imports statically into one chunk: many small chunks compress badly. */
const codeSplitting = { groups: [{ name: 'initial', tags: ['$initial' as const] }] };

/** AssemblyScript takes most of a first build, and Workbox of the next: no reason to warn. */
const checks = { pluginTimings: false };

export default defineConfig({
  base: './', // the build runs from any sub-path of a static host
  plugins: [
    react(),
    assemblyscript(),
    linkPreview(process.env.SITE_URL),
    contentSecurity(),
    releasedModels(),
    offline(),
    plainWeights,
  ],
  define: { 'import.meta.env.REPOSITORY_URL': JSON.stringify(process.env.REPOSITORY_URL ?? '') },
  worker: {
    format: 'es',
    plugins: () => [assemblyscript(), separateEntry],
    rolldownOptions: { checks, output: { codeSplitting } },
  },
  build: { target: 'es2023', rolldownOptions: { checks, output: { codeSplitting } } },
  server: { headers },
  preview: { headers },
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'scripts/**/*.test.ts'],
    pool: 'forks', // Dawn reads VK_ICD_FILENAMES when its process starts
    maxWorkers: '100%', // the default leaves a core idle
    testTimeout: 60_000,
    setupFiles: ['tests/setup.ts'],
  },
});
