import { save } from '../files';
import { resolver } from './colours';
import { type Picture, svgFile } from './picture';

/** A picture whose colours may be of the theme, as in `var(--ink)`. */
export type Drawing = Omit<Picture, 'colours'>;

/** Saves a picture as SVG, or as PNG at its own size. */
export async function savePicture(drawing: Drawing, form: 'svg' | 'png'): Promise<void> {
  const resolve = resolver();
  const colours = {
    paper: resolve('var(--paper)'),
    ink: resolve('var(--ink)'),
    quiet: resolve('var(--quiet-ink)'),
  };
  const legend = drawing.legend.map((key) =>
    'stops' in key ? { ...key, stops: key.stops.map(resolve) } : { ...key, colour: resolve(key.colour) },
  );
  const svg = svgFile({ ...drawing, legend, colours });
  const blob = form === 'svg' ? new Blob([svg], { type: 'image/svg+xml' }) : await rasterized(svg);
  save(blob, `${drawing.file}.${form}`);
}

async function rasterized(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d')!.drawImage(image, 0, 0);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the canvas gave no image')))),
  );
}

/** The properties of the style sheet that pictures use, and the values that an SVG has without them. */
const PROPERTIES = {
  fill: 'rgb(0, 0, 0)',
  stroke: 'none',
  'stroke-width': '1px',
  'stroke-dasharray': 'none',
  'stroke-linejoin': 'miter',
  'fill-opacity': '1',
  'font-weight': '400',
};

/** An SVG element of the page as markup that needs no style sheet, and its size. */
export function standalone(svg: SVGSVGElement): { body: string; width: number; height: number } {
  const { width, height } = svg.getBoundingClientRect();
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = svg.querySelectorAll('*');
  for (const [n, element] of copy.querySelectorAll('*').entries()) {
    const style = getComputedStyle(originals[n]);
    element.removeAttribute('class');
    for (const [name, value] of Object.entries(PROPERTIES)) {
      const own = style.getPropertyValue(name);
      if (own !== value) element.setAttribute(name, own);
    }
    if (element.tagName === 'text') element.setAttribute('font-size', style.fontSize);
  }
  for (const name of copy.getAttributeNames()) if (name !== 'viewBox') copy.removeAttribute(name);
  if (!copy.hasAttribute('viewBox')) copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  copy.setAttribute('width', String(Math.round(width)));
  copy.setAttribute('height', String(Math.round(height)));
  return {
    body: new XMLSerializer().serializeToString(copy),
    width: Math.round(width),
    height: Math.round(height),
  };
}

const LEAST_PIXELS = 1024;
const RATIO = 2; // pixels of the file per px

/** A canvas as markup, enlarged so that each of its pixels is a whole number of pixels of the file. */
export function enlarged(canvas: HTMLCanvasElement) {
  const factor = Math.max(1, Math.ceil(LEAST_PIXELS / canvas.width));
  const large = document.createElement('canvas');
  large.width = factor * canvas.width;
  large.height = factor * canvas.height;
  const context = large.getContext('2d')!;
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  const [width, height] = [large.width / RATIO, large.height / RATIO];
  const body = `<image href="${large.toDataURL()}" width="${width}" height="${height}"/>`;
  return { body, width, height, ratio: RATIO };
}
