import type { ReactNode } from 'react';

/** A 16 by 16 icon in the current text colour. */
function icon(children: ReactNode) {
  return () => (
    <svg
      className="icon"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const WriteIcon = icon(
  <path d="M3 13l.8-3.2L11 2.6a1.4 1.4 0 0 1 2 0l.4.4a1.4 1.4 0 0 1 0 2L6.2 12.2 3 13z" />,
);
export const StopIcon = icon(<rect x="4" y="4" width="8" height="8" rx="1.5" fill="currentColor" />);
export const OneTokenIcon = icon(<path d="M3 8h6M6.5 5l3 3-3 3M13 4v8" />);
export const RegenerateIcon = icon(<path d="M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3" />);
export const UndoIcon = icon(<path d="M6 3L3 6l3 3M3 6h6.5a3.5 3.5 0 0 1 0 7H6" />);
export const RedoIcon = icon(<path d="M10 3l3 3-3 3M13 6H6.5a3.5 3.5 0 0 0 0 7H10" />);
export const TextsIcon = icon(<path d="M2.500 4h11M2.500 8h11M2.500 12h7" />);
export const RenameIcon = icon(<path d="M3 13h10M4 10.500V8.500l5.500-5.500 2 2-5.500 5.500z" />);
export const DeleteIcon = icon(
  <path d="M3 4.500h10M6.500 4.500v-2h3v2M4.500 4.500l.6 9h5.800l.6-9M7 7v4M9 7v4" />,
);
export const CloseIcon = icon(<path d="M4 4l8 8M12 4l-8 8" />);
export const DownIcon = icon(<path d="M8 3v10M4 9l4 4 4-4" />);
export const TallerIcon = icon(<path d="M4 10l4-4 4 4" />);
export const LowerIcon = icon(<path d="M4 6l4 4 4-4" />);
export const FullIcon = icon(
  <path d="M9.500 2.500h4v4M13.500 2.500l-4.500 4.500M6.500 13.500h-4v-4M2.500 13.500l4.500-4.500" />,
);
export const ChevronIcon = icon(<path d="M4.5 6.5L8 10l3.5-3.5" />);
export const BackIcon = icon(<path d="M10 3L5 8l5 5" />);
export const ForthIcon = icon(<path d="M6 3l5 5-5 5" />);
/** A word that looks back: two dots and an arc. */
export const LensIcon = icon(
  <path d="M3.500 10.500C4.500 4 11.500 4 12.500 10.500M3.500 10.500v.1M12.500 10.500v.1M3.500 9.600a1 1 0 1 0 0 2 1 1 0 0 0 0-2zM12.500 9.600a1 1 0 1 0 0 2 1 1 0 0 0 0-2z" />,
);
export const MoreIcon = icon(<path d="M3 8h.01M8 8h.01M13 8h.01" strokeWidth="2.2" />);
export const CompareIcon = icon(<path d="M2.500 3h4v10h-4zM9.500 3h4v10h-4z" />);
export const PlusIcon = icon(<path d="M8 3.500v9M3.500 8h9" />);
export const CheckIcon = icon(<path d="M3 8.500l3.500 3.500L13 4.500" />);
