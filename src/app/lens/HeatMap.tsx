import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { keyOf } from '../keyboard/chord';
import type { Scale } from './scales';

interface Props {
  /** [n, n]: row i is the query token, column j the key token. */
  readonly values: Float32Array;
  readonly n: number;
  readonly scale: Scale;
  /** The picture's accessible name. */
  readonly label: string;
  /** Row and column of the crosshair. */
  readonly at: readonly [number, number];
  onMove(at: readonly [number, number]): void;
  /** Called when the user chooses a row by click or Enter. */
  onChoose?(row: number): void;
}

/** The visible part of the matrix: `size` by `size` cells from column x, row y. */
interface Sight {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** A square matrix on a canvas. Pointer or arrow keys move the crosshair; wheel, buttons, + and − zoom; drag pans. */
export function HeatMap({ values, n, scale, label, at, onMove, onChoose }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<{ x: number; y: number; sight: Sight; moved: boolean } | null>(null);
  const [sight, setSight] = useState<Sight>({ x: 0, y: 0, size: n });
  const size = Math.min(sight.size, n);
  const shown = { size, x: clamp(sight.x, 0, n - size), y: clamp(sight.y, 0, n - size) };
  const picture = useMemo(() => paint(values, n, scale), [values, n, scale]);

  const { x, y } = shown;
  const [row, column] = at;
  useEffect(
    () => draw(canvas.current!, picture, { x, y, size }, [row, column]),
    [picture, x, y, size, row, column],
  );
  // React's wheel listeners are passive and cannot stop the page from scrolling.
  useEffect(() => {
    const element = canvas.current!;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      const u = (event.clientX - box.left) / box.width;
      const v = (event.clientY - box.top) / box.height;
      setSight((before) => zoomed(before, n, event.deltaY > 0 ? 1.25 : 0.8, u, v));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [n]);

  const cell = (event: PointerEvent): [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    const place = (offset: number, length: number, start: number) =>
      clamp(Math.floor(start + (offset / length) * shown.size), 0, n - 1);
    return [
      place(event.clientY - box.top, box.height, shown.y),
      place(event.clientX - box.left, box.width, shown.x),
    ];
  };
  const onPointerMove = (event: PointerEvent) => {
    const from = drag.current;
    if (from) {
      const cells = shown.size / canvas.current!.clientWidth;
      const [dx, dy] = [(event.clientX - from.x) * cells, (event.clientY - from.y) * cells];
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4) from.moved = true;
      if (from.moved) setSight({ size: from.sight.size, x: from.sight.x - dx, y: from.sight.y - dy });
    } else onMove(cell(event));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 10 : 1;
    const moves: Record<string, [number, number]> = {
      ArrowUp: [-step, 0],
      ArrowDown: [step, 0],
      ArrowLeft: [0, -step],
      ArrowRight: [0, step],
    };
    const key = keyOf(event.nativeEvent);
    const move = key === null ? undefined : moves[key];
    if (move) {
      const next = [clamp(at[0] + move[0], 0, n - 1), clamp(at[1] + move[1], 0, n - 1)] as const;
      onMove(next);
      setSight((before) => inSight(before, n, next));
    } else if (key === '+' || key === '=') setSight((before) => zoomed(before, n, 0.8, 0.5, 0.5));
    else if (key === '-') setSight((before) => zoomed(before, n, 1.25, 0.5, 0.5));
    else if (key === 'Enter') onChoose?.(at[0]);
    else return;
    event.preventDefault();
  };
  return (
    <div className="heat-map">
      <p className="heat-map-axes" aria-hidden="true">
        <span>from ↓</span>
        <span>back at →</span>
      </p>
      <canvas
        ref={canvas}
        width={1024}
        height={1024}
        role="img"
        tabIndex={0}
        aria-label={`${label} Arrow keys move the crosshair, plus and minus zoom.`}
        onPointerDown={(event) => {
          drag.current = { x: event.clientX, y: event.clientY, sight: shown, moved: false };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onPointerMove}
        onPointerUp={(event) => {
          if (drag.current && !drag.current.moved) {
            onMove(cell(event));
            onChoose?.(cell(event)[0]);
          }
          drag.current = null;
        }}
        onPointerCancel={() => {
          drag.current = null; // the browser scrolls the page
        }}
        onKeyDown={onKeyDown}
      />
      <div className="heat-map-zoom">
        <button type="button" aria-label="Zoom in" onClick={() => setSight(zoomed(shown, n, 0.5, 0.5, 0.5))}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => setSight(zoomed(shown, n, 2, 0.5, 0.5))}>
          −
        </button>
      </div>
    </div>
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

const LEAST_CELLS = 8;

/** Zooms about the point (u, v), given as fractions of the picture. */
function zoomed({ x, y, size }: Sight, n: number, factor: number, u: number, v: number): Sight {
  const next = clamp(size * factor, Math.min(LEAST_CELLS, n), n);
  return {
    size: next,
    x: clamp(x + u * (size - next), 0, n - next),
    y: clamp(y + v * (size - next), 0, n - next),
  };
}

function inSight({ x, y, size }: Sight, n: number, [row, column]: readonly [number, number]): Sight {
  const place = (start: number, cell: number) => clamp(clamp(start, cell + 1 - size, cell), 0, n - size);
  return { size, x: place(x, column), y: place(y, row) };
}

/** Draws one pixel per cell, and nothing above the diagonal. */
export function paint(values: Float32Array, n: number, scale: Scale): HTMLCanvasElement {
  const picture = document.createElement('canvas');
  picture.width = n;
  picture.height = n;
  const image = new ImageData(n, n);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) pixels[i * n + j] = scale.colour(values[i * n + j]);
  picture.getContext('2d')!.putImageData(image, 0, 0);
  return picture;
}

function draw(
  canvas: HTMLCanvasElement,
  picture: HTMLCanvasElement,
  { x, y, size }: Sight,
  [row, column]: readonly [number, number],
): void {
  const context = canvas.getContext('2d')!;
  const { width } = canvas;
  context.clearRect(0, 0, width, width);
  context.imageSmoothingEnabled = size > width; // keep cells sharp
  context.drawImage(picture, x, y, size, size, 0, 0, width, width);
  const cell = width / size;
  context.strokeStyle = getComputedStyle(canvas).color;
  context.lineWidth = 2;
  const [left, top] = [(column - x) * cell, (row - y) * cell];
  context.globalAlpha = 0.55;
  context.beginPath();
  for (const [from, to] of [
    [0, left],
    [left + cell, width],
  ]) {
    context.moveTo(from, top + cell / 2);
    context.lineTo(to, top + cell / 2);
  }
  for (const [from, to] of [
    [0, top],
    [top + cell, width],
  ]) {
    context.moveTo(left + cell / 2, from);
    context.lineTo(left + cell / 2, to);
  }
  context.stroke();
  context.globalAlpha = 1;
  context.strokeRect(left - 1, top - 1, Math.max(cell, 3) + 2, Math.max(cell, 3) + 2);
}
