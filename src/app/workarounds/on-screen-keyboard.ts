/**
 * Browser: Safari on iPhone and iPad, up to 26 at least.
 * Bug: it ignores `interactive-widget=resizes-content` in the page's viewport (index.html). Its on-screen keyboard covers the
 *   lower half of the page, with the buttons and perhaps the caret; 100dvh stays the height without the keyboard.
 * Workaround: the part in sight, from visualViewport, goes into the CSS variables that the page is laid out by.
 * To see that it is gone: without this file, a tap into the text leaves Continue in sight above the keyboard.
 * Delete it when every Safari that the page supports honours `interactive-widget`; the variables stay, for the CSS.
 */
export function followKeyboard(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const { style } = document.documentElement;
  const follow = () => {
    // A page that is zoomed in by hand is meant to reach out of sight.
    const isCovered = Math.abs(viewport.scale - 1) < 0.01 && viewport.height < innerHeight - LEAST;
    if (isCovered) {
      style.setProperty('--sight', `${viewport.height}px`);
      style.setProperty('--sight-top', `${viewport.offsetTop}px`);
    } else {
      style.removeProperty('--sight');
      style.removeProperty('--sight-top');
    }
  };
  viewport.addEventListener('resize', follow);
  viewport.addEventListener('scroll', follow);
}

const LEAST = 100; // px: less is a toolbar of the browser, no keyboard
