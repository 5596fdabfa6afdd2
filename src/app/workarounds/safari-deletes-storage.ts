/**
 * Safari 13.1 and later, and every browser on iOS and iPadOS.
 * Problem: WebKit's tracking prevention deletes all storage that scripts wrote when the site was not visited for seven days
 * of use of the browser; sites on the home screen are spared
 * (https://webkit.org/blog/10218/full-third-party-cookie-blocking-and-more/).
 * Gone when: WebKit's documentation of tracking prevention names no limit for storage that scripts write.
 * Delete then: this file and the sentence in TextsCard.
 */
export function deletesStorageAfterAWeek(): boolean {
  const { vendor, standalone } = navigator as Navigator & { readonly standalone?: boolean };
  return vendor.startsWith('Apple') && standalone !== true;
}
