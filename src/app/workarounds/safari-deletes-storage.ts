/**
 * Browser: Safari 13.1 and later, and every browser on iOS and iPadOS.
 * Bug: WebKit's tracking prevention deletes all script-written storage after seven days of browser use without a visit
 *   to the site, except for sites on the home screen
 *   (https://webkit.org/blog/10218/full-third-party-cookie-blocking-and-more/).
 * Fixed if: WebKit's documentation of tracking prevention names no limit for script-written storage.
 * Then delete this file and the sentence in TextsCard.
 */
export function deletesStorageAfterAWeek(): boolean {
  const { vendor, standalone } = navigator as Navigator & { readonly standalone?: boolean };
  return vendor.startsWith('Apple') && standalone !== true;
}
