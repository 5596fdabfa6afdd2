import { type RefObject, useEffect } from 'react';

/** Shows a sheet that opens, and makes room for it. */
export function useSheet(sheet: RefObject<HTMLElement | null>, isOpen: boolean): void {
  useEffect(() => {
    if (!isOpen) return;
    sheet.current?.scrollIntoView({ block: 'nearest' }); // the page scrolls in a low window
    if (matchMedia('(pointer: coarse)').matches) hideKeyboard();
  }, [sheet, isOpen]);
}

/** Hides the on-screen keyboard to make room for the sheet. */
function hideKeyboard(): void {
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && focused.isContentEditable) focused.blur();
}
