import { type Run, textBetween } from '../../model/text';
import { ARTICLE_BREAK, heading } from '../store/article';
import { firstOf } from '../store/document/graphemes';
import { sampledRanges } from '../store/text-value';

const LINES = 120; // more than a screen holds

/** The beginning of the text as it will stand in the editor, to read while the editor is on its way. */
export function StillText({ runs }: { runs: readonly Run[] }) {
  const sampled = sampledRanges(runs);
  let at = 0;
  const lines = firstOf(textBetween(runs, 0, 20_000), 20_000)
    .split('\n')
    .slice(0, LINES);
  return (
    <div className="cm-content still-text">
      {lines.map((line) => {
        const from = at;
        at += line.length + 1;
        const whole = sampled.some((range) => range.from <= from && from + line.length <= range.to);
        const words = line.replaceAll(ARTICLE_BREAK, '');
        const found = heading(words);
        const level = found ? `heading heading-${Math.min(found.level, 3)}` : line ? '' : 'blank';
        return (
          <div key={from} dir="auto" className={`cm-line ${level} ${whole ? 'still-sampled' : ''}`}>
            {found ? words.slice(found.from, found.to) : words || <br />}
          </div>
        );
      })}
    </div>
  );
}
