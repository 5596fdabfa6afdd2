import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium, defineConfig } from '@playwright/test';
import { BUILT } from './e2e/static-host';

/** A free port. The workers read this file too, and must get the same port. */
process.env.E2E_PORT ??= execFileSync(process.execPath, [
  '-e',
  "const s = require('net').createServer().listen(0, () => { process.stdout.write(String(s.address().port)); s.close(); })",
]).toString();
const port = process.env.E2E_PORT;
const address = `http://127.0.0.1:${port}`;

const executablePath =
  process.env.PLAYWRIGHT_CHROMIUM ??
  (existsSync(chromium.executablePath()) ? chromium.executablePath() : '/usr/bin/chromium');
const quiet = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];

export default defineConfig({
  testDir: 'e2e',
  fullyParallel: true,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  use: { baseURL: address, viewport: { width: 1280, height: 800 }, serviceWorkers: 'block' },
  projects: [
    {
      name: 'cpu', // like most machines without a GPU: no WebGPU adapter
      testIgnore: ['**/webgpu.spec.ts', '**/journey.spec.ts'],
      use: { launchOptions: { executablePath, args: quiet } },
    },
    {
      name: 'journey', // in every installed browser
      testMatch: '**/journey.spec.ts',
      timeout: 240_000,
      expect: { timeout: 60_000, toPass: { timeout: 60_000 } },
      use: { launchOptions: { executablePath, args: quiet } },
    },
    {
      name: 'webgpu', // emulated in software, which is slow
      testMatch: '**/webgpu.spec.ts',
      timeout: 240_000,
      expect: { timeout: 90_000 },
      use: { launchOptions: { executablePath, args: [...quiet, '--enable-unsafe-webgpu'] } },
    },
  ],
  webServer: {
    command: `npx vite build --outDir ${BUILT} --logLevel error && npx vite preview --outDir ${BUILT} --host 127.0.0.1 --port ${port} --strictPort`,
    url: address,
    timeout: 120_000,
  },
});
