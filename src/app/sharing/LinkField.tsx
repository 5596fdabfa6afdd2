import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';

/**
 * A link with buttons that copy and share it.
 * @param embed the code of a frame that shows the lens, if the link opens it
 */
export function LinkField({ link, embed, title }: { link: string; embed: string | null; title: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [shown, show] = useState(link);
  const [outcome, setOutcome] = useState('');
  const copy = async (words: string) => {
    flushSync(() => show(words));
    try {
      await navigator.clipboard.writeText(words);
      setOutcome('Copied');
    } catch {
      field.current?.select(); // the browser has no clipboard or blocks it
      setOutcome(`The browser blocked copying. Copy the ${words === link ? 'link' : 'code'} from the field.`);
    }
  };
  // The promise also rejects when the user closes the share sheet.
  const share = () => navigator.share({ title, url: link }).catch(() => {});
  return (
    <>
      <input
        ref={field}
        className="link-field"
        aria-label={shown === link ? 'Link' : 'Embed code'}
        readOnly
        value={shown}
        onFocus={(event) => event.target.select()}
      />
      <div className="share-actions">
        <button type="button" className="pill" onClick={() => copy(link)}>
          Copy link
        </button>
        {embed ? (
          <button type="button" className="pill" onClick={() => copy(embed)}>
            Copy embed code
          </button>
        ) : null}
        {'share' in navigator ? (
          <button type="button" className="pill" onClick={share}>
            Share with …
          </button>
        ) : null}
        <span role="status">{outcome}</span>
      </div>
    </>
  );
}
