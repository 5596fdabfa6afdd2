import { plainText } from '../../model/text/text';
import { usePlayground } from '../playground-context';

/** In place of the whole page, when an error reaches it: the text, to be read and copied. */
export function LastResort({ error }: { error: unknown }) {
  const playground = usePlayground();
  return (
    <main className="last-resort">
      <div role="alert">
        <p>The page stopped working ({String(error)}). This is your text as it was.</p>
        <button type="button" className="pill" onClick={() => location.reload()}>
          Reload the page
        </button>
      </div>
      <pre>{plainText(playground.text.runs)}</pre>
    </main>
  );
}
