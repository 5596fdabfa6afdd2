import { plainText } from '../../model/text/text';
import { usePlayground } from '../playground-context';

/** Replaces the whole page after an uncaught error. The reader can still read and copy the text. */
export function LastResort({ error }: { error: unknown }) {
  const playground = usePlayground();
  return (
    <main className="last-resort">
      <div role="alert">
        <p>The page stopped working ({String(error)}). Here is your text.</p>
        <button type="button" className="pill" onClick={() => location.reload()}>
          Reload the page
        </button>
      </div>
      <pre>{plainText(playground.text.runs)}</pre>
    </main>
  );
}
