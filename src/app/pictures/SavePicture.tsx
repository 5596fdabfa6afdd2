import type { MouseEvent } from 'react';
import { type Drawing, savePicture, standalone } from './save';

/** A button that saves a picture, which `draw` makes when it is pressed. */
export function SavePicture({ title, form, draw }: { title: string; form: 'svg' | 'png'; draw(): Drawing }) {
  const name = form.toUpperCase();
  return (
    <button
      type="button"
      className="pill"
      aria-label={`Save as ${name}: ${title}`}
      onClick={() => savePicture(draw(), form)}
    >
      Save as {name}
    </button>
  );
}

interface ChartProps {
  readonly file: string;
  readonly title: string;
  /** A name and a selector of an element of the chart that has its colour. */
  readonly legend: readonly { readonly name: string; readonly of: string }[];
  readonly notes: readonly string[];
}

/** A button that saves the first SVG of the figure around it. */
export function SaveChart({ file, title, legend, notes }: ChartProps) {
  const save = ({ currentTarget }: MouseEvent) => {
    const svg = currentTarget.closest('figure, .picture')!.querySelector('svg')!;
    const colour = (of: string) => {
      const { stroke, fill } = getComputedStyle(svg.querySelector(of)!);
      return stroke === 'none' ? fill : stroke;
    };
    const keys = legend.map(({ name, of }) => ({ name, colour: colour(of), mark: 'line' as const }));
    void savePicture({ file, title, legend: keys, notes, ...standalone(svg) }, 'svg');
  };
  return (
    <button type="button" className="pill" aria-label={`Save as SVG: ${title}`} onClick={save}>
      Save as SVG
    </button>
  );
}
