import { crc32, deflateSync } from 'node:zlib';

export const ICON_SIZES = [192, 512] as const; // px; browsers ask for these to install a page

/** The colours of the icon in index.html. */
const [GROUND, LETTER] = [
  [0x0b, 0x6b, 0x66],
  [0xff, 0xff, 0xff],
];
/** The letter L of the icon in index.html, as strokes in a square of 16: from, to. */
const STROKES = [
  [4.5, 3.5, 4.5, 12],
  [4.5, 12, 11.5, 12],
] as const;
const WIDTH = 2;
const SHRINK = 0.8; // platforms may cut the icon to a circle
const SAMPLES = 4; // per pixel and axis

/** Draws the icon. @param size in px @returns a PNG file */
export function icon(size: number): Uint8Array {
  const rows = Buffer.alloc(size * (1 + 3 * size)); // each row begins with its filter, 0
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const share = coverage(x, y, size);
      for (let c = 0; c < 3; c++)
        rows[y * (1 + 3 * size) + 1 + 3 * x + c] = Math.round(GROUND[c] + share * (LETTER[c] - GROUND[c]));
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2], 8); // 8 bits for each of red, green and blue
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The share of a pixel that the letter covers. */
function coverage(x: number, y: number, size: number): number {
  const place = (at: number, n: number) => 8 + (((at + (n + 0.5) / SAMPLES) * 16) / size - 8) / SHRINK;
  let covered = 0;
  for (let n = 0; n < SAMPLES ** 2; n++)
    if (isLetter(place(x, n % SAMPLES), place(y, Math.floor(n / SAMPLES)))) covered++;
  return covered / SAMPLES ** 2;
}

function isLetter(x: number, y: number): boolean {
  return STROKES.some(([fromX, fromY, toX, toY]) => {
    const nearestX = Math.min(Math.max(x, fromX), toX);
    const nearestY = Math.min(Math.max(y, fromY), toY);
    return Math.hypot(x - nearestX, y - nearestY) <= WIDTH / 2;
  });
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
