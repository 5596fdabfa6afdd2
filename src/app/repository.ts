/** The address of the repository without a final slash, if the site was built with it (REPOSITORY_URL); else null. */
export const REPOSITORY: string | null =
  (import.meta.env.REPOSITORY_URL as string | undefined)?.replace(/\/$/, '') || null;
