import type { LayerMarker } from '@codemirror/view';

/** Words of the page at a place of a layer. They end at `left`, and do not change the layout of the text. */
export class PlacedWords implements LayerMarker {
  private readonly className: string;
  private readonly words: string;
  private readonly left: number;
  private readonly top: number;

  constructor(className: string, words: string, left: number, top: number) {
    this.className = className;
    this.words = words;
    this.left = left;
    this.top = top;
  }

  eq(other: PlacedWords): boolean {
    return this.words === other.words && this.left === other.left && this.top === other.top;
  }

  draw(): HTMLElement {
    const element = document.createElement('div');
    element.className = this.className;
    element.textContent = this.words;
    element.style.translate = `calc(${this.left}px - 100%) ${this.top}px`;
    return element;
  }
}
