import { type Range, RangeSet } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from '@codemirror/view';
import { ARTICLE_BREAK } from '../../model/text/text';
import { heading } from '../store/document/article';

/** Renders the model's text format: headings, blank lines as space, and the end of an article as an ornament. */
export const articleForm = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = decorate(view);
    }

    update(update: ViewUpdate) {
      if (update.docChanged || update.viewportChanged || update.selectionSet || update.focusChanged)
        this.decorations = decorate(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** The first letter of a paragraph sets its direction. */
const direction = Decoration.line({ attributes: { dir: 'auto' } });
const titles = [1, 2, 3].map((level) => Decoration.line({ class: `heading heading-${level}` }));
const words = Decoration.mark({ class: 'heading-words' });
const quiet = Decoration.mark({ class: 'heading-mark' });
const hidden = Decoration.replace({});
const blank = Decoration.line({ class: 'blank' });

class Ornament extends WidgetType {
  override eq() {
    return true;
  }

  toDOM() {
    const element = document.createElement('span');
    element.className = 'article-end';
    element.setAttribute('role', 'img');
    element.setAttribute('aria-label', 'End of the article');
    element.textContent = '❧';
    return element;
  }
}

const ornament = Decoration.replace({ widget: new Ornament() });

function decorate(view: EditorView): DecorationSet {
  const { doc } = view.state;
  const cursorLine = view.hasFocus ? doc.lineAt(view.state.selection.main.head).from : -1;
  const decorations: Range<Decoration>[] = [];
  for (const visible of view.visibleRanges)
    for (let at = visible.from; at <= visible.to; ) {
      const line = doc.lineAt(at);
      decorateLine(decorations, line.text, line.from, line.from === cursorLine, visible);
      at = line.to + 1;
    }
  return RangeSet.of(decorations, true);
}

function decorateLine(
  decorations: Range<Decoration>[],
  text: string,
  start: number,
  hasCursor: boolean,
  visible: { from: number; to: number },
): void {
  decorations.push(direction.range(start));
  if (!text) {
    decorations.push(blank.range(start));
    return;
  }
  // Decorate only the visible part, because a line may be megabytes long.
  const from = Math.max(0, visible.from - start);
  const shown = text.slice(from, visible.to - start);
  for (let i = shown.indexOf(ARTICLE_BREAK); i >= 0; i = shown.indexOf(ARTICLE_BREAK, i + 1))
    decorations.push(ornament.range(start + from + i, start + from + i + 1));

  // A new article's title may follow the break on the same line.
  const first = text.length < 1000 ? text.lastIndexOf(ARTICLE_BREAK) + 1 : 0;
  const found = heading(text.slice(first));
  if (!found) return;
  const line = start + first;
  decorations.push(titles[Math.min(found.level, 3) - 1].range(start));
  decorations.push(words.range(line + found.from, line + found.to));
  const mark = hasCursor ? quiet : hidden;
  decorations.push(mark.range(line, line + found.from), mark.range(line + found.to, start + text.length));
}
