/**
 * Browser: Safari on iPhone and iPad, at least up to 26.
 * Bug: Safari ignores `interactive-widget=resizes-content` in the page's viewport (index.html). Its on-screen keyboard
 *   covers the lower half of the page, with the buttons and perhaps the caret; 100dvh stays the height without it.
 * Workaround: CSS variables for the layout hold the visible height and offset, from visualViewport.
 * Fixed if: without this file, after a tap into the text, Continue is visible above the keyboard.
 * Delete this file when every supported Safari honours `interactive-widget`. The CSS keeps its fallbacks.
 */
export function followKeyboard(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const { style } = document.documentElement;
  const follow = () => {
    // A page that the user has zoomed in extends beyond the viewport on purpose.
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

const LEAST = 100; // px: a smaller difference is a browser toolbar, not a keyboard
