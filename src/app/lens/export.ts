import { save } from '../files';
import type { Words } from './use-lens';

const LEAST_PIXELS = 1024;

/** Saves the matrix as a PNG; each cell is a whole number of pixels. */
export function savePicture(picture: HTMLCanvasElement, name: string): void {
  const factor = Math.max(1, Math.ceil(LEAST_PIXELS / picture.width));
  const enlarged = document.createElement('canvas');
  enlarged.width = factor * picture.width;
  enlarged.height = factor * picture.height;
  const context = enlarged.getContext('2d')!;
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, enlarged.width, enlarged.height);
  enlarged.toBlob((blob) => blob && save(blob, `${name}.png`));
}

/** Saves the matrix as CSV; the first row and columns hold the positions and words of the tokens. */
export function saveMatrix(values: Float32Array, n: number, start: number, words: Words, name: string): void {
  save(new Blob([matrixCsv(values, n, start, words)], { type: 'text/csv' }), `${name}.csv`);
}

export function matrixCsv(values: Float32Array, n: number, start: number, words: Pick<Words, 'of'>): string {
  const quoted = (token: number) => `"${words.of(token).replaceAll('"', '""')}"`;
  const names = Array.from({ length: n }, (_, i) => quoted(start + i));
  const lines = [['number', 'token', ...names].join()];
  for (let i = 0; i < n; i++) {
    const row = Array.from(values.subarray(i * n, i * n + i + 1), (value) =>
      String(Number(value.toPrecision(7))),
    );
    lines.push([start + i, names[i], ...row].join());
  }
  return `${lines.join('\r\n')}\r\n`;
}
