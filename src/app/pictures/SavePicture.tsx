import type { MouseEvent } from 'react';
import { type Drawing, savePicture, standalone } from './save';

interface Props {
  readonly form: 'svg' | 'png';
  /** What the picture shows, for listeners, if the button has no words of its own. */
  readonly title?: string;
  readonly children?: string;
  draw(): Drawing;
}

/** A button that saves a picture, which `draw` makes when it is pressed. */
export function SavePicture({ title, form, draw, children }: Props) {
  const name = form.toUpperCase();
  return (
    <button
      type="button"
      className="pill"
      aria-label={children ? undefined : `Save as ${name}: ${title}`}
      onClick={() => savePicture(draw(), form)}
    >
      {children ?? `Save as ${name}`}
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
