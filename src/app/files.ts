import { firstOf, graphemes } from './store/document/graphemes';

/** A text file holds the same data as a link's fragment; it ends in .txt, so that every program accepts it. */

/** Device names that Windows reserves, with any ending. */
const DEVICE = /^(con|prn|aux|nul|conin|conout|com[\d¹²³]|lpt[\d¹²³])$/i;

/** A file name that every system accepts: the title's letters with their marks, digits, spaces and hyphens. */
export function fileName(title: string, ending = 'leapformer.txt'): string {
  const kept = graphemes(title.replace(/\s+/g, ' ')).filter((one) => /^[\p{L}\p{N} -]/u.test(one));
  const name = firstOf(kept.join('').replace(/ +/g, ' ').trim(), 60).trim();
  return `${DEVICE.test(name) ? `Text ${name}` : name || 'Text'}.${ending}`;
}

export function save(content: string | Blob, name: string): void {
  const blob = typeof content === 'string' ? new Blob([content], { type: 'text/plain' }) : content;
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // some browsers read the URL late
}

/** Opens the browser's file picker, by default for one file. */
export function pickFiles(
  onPicked: (files: File[]) => void,
  options: { multiple?: boolean; webkitdirectory?: boolean } = {},
): void {
  const input = Object.assign(document.createElement('input'), { type: 'file' }, options);
  input.onchange = () => onPicked([...input.files!]);
  input.click();
}
