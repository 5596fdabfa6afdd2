/** A revision is `page:number`: the page that wrote a text last, and the number of that write. '' was never written. */

/** Random; crypto.randomUUID is missing over plain http. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Generates the revisions of one page, in order. */
export function revisions(): () => string {
  const page = randomId();
  let count = 0;
  return () => `${page}:${++count}`;
}

/** Whether `later` is `earlier`, or a later write of the page that wrote it. */
export function includes(later: string, earlier: string): boolean {
  return isOfOnePage(later, earlier) && numberOf(earlier) <= numberOf(later);
}

function isOfOnePage(a: string, b: string): boolean {
  return pageOf(a) !== '' && pageOf(a) === pageOf(b);
}

/**
 * The effect of a write on the stored text: it would `replace` it, do nothing because it is `there` already, or overwrite
 * the text of `another` page.
 * @param stored the stored revision; undefined: the text is not stored
 * @param base the stored revision that the writing page last saw
 */
export function effectOf(
  stored: string | undefined,
  written: string,
  base: string,
): 'replace' | 'there' | 'another' {
  if (stored !== undefined && includes(stored, written)) return 'there';
  if (stored !== undefined && isOfOnePage(stored, written)) return 'replace';
  return stored === undefined || stored === base ? 'replace' : 'another';
}

const pageOf = (revision: string) => revision.split(':')[0];
const numberOf = (revision: string) => Number(revision.split(':')[1]);
