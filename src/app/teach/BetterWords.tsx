import type { Word } from '../../workers/teaching/teach-client';
import { inBits } from './words';

const LEAST = 0.5; // nats
const DEGREES = 3;

/** A part of the text that the model did not learn from, with a tint on the words that it predicts better now. */
export function BetterWords({ words }: { words: readonly Word[] }) {
  if (!words.length) return null;
  const better = words.filter(({ gain }) => gain >= LEAST).length;
  return (
    <figure className="teach-words">
      <figcaption>
        The last part of the text, which it did not learn from. It predicts the {better} tinted words of{' '}
        {words.length} better now.
      </figcaption>
      <p>
        {words.map(({ text, gain }, n) => {
          const degree = Math.min(DEGREES, Math.floor(gain / LEAST));
          // biome-ignore lint/suspicious/noArrayIndexKey: the words never change
          if (degree < 1) return <span key={n}>{text}</span>;
          const title = `${inBits(gain)} bits better`;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the words never change
            <mark key={n} data-degree={degree} title={title}>
              {text}
            </mark>
          );
        })}
      </p>
    </figure>
  );
}
