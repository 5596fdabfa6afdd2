import { ARTICLE_BREAK, plainText, type Run, textBetween } from '../../../model/text/text';
import { heading } from '../../store/document/article';
import { firstOf } from '../../store/document/graphemes';
import { writtenRanges } from '../../store/document/text-value';

const LINES = 120; // more than fit on a screen

interface Props {
  readonly runs: readonly Run[];
  /** Renders the whole text; otherwise only what fits on a screen. */
  readonly isWhole: boolean;
}

/** The text without the editor: its beginning while the editor loads, all of it for print or if the editor fails. */
export function StillText({ runs, isWhole }: Props) {
  const written = writtenRanges(runs);
  let at = 0;
  const lines = isWhole
    ? plainText(runs).split('\n')
    : firstOf(textBetween(runs, 0, 20_000), 20_000)
        .split('\n')
        .slice(0, LINES);
  return (
    <div className="cm-content still-text">
      {lines.map((line) => {
        const from = at;
        at += line.length + 1;
        const range = written.find((range) => range.from < at - 1 && from < range.to);
        const bar = range ? `still-sampled ${range.isForeign ? 'foreign' : ''}` : '';
        const words = line.replaceAll(ARTICLE_BREAK, '');
        const found = heading(words);
        const level = found ? `heading heading-${Math.min(found.level, 3)}` : line ? '' : 'blank';
        return (
          <div key={from} dir="auto" className={`cm-line ${level} ${bar}`}>
            {found ? words.slice(found.from, found.to) : words || <br />}
          </div>
        );
      })}
    </div>
  );
}
