/**
 * Browser: those with Trusted Types (Chromium, Safari 26, Firefox 148).
 * Bug: under the policy of scripts/content-security.ts they block `new Worker(address)` with a plain address, and Vite
 * recognizes a worker only in this form.
 * Workaround: the default policy trusts addresses of this site. It does not trust any HTML or script text.
 * Fixed if: e2e/first-visit.spec.ts passes without this file.
 * Delete this file when Vite can pass the address of a worker through a policy.
 */
export function trustOwnAddresses(): void {
  (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('default', {
    createScriptURL: (address) =>
      new URL(address, location.href).origin === location.origin ? address : null,
  });
}

/** TypeScript's library does not declare it. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: {
      /** @returns null to block the address */
      createScriptURL(address: string): string | null;
    },
  ): unknown;
}
