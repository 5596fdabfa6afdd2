import { useState } from 'react';
import { fileName, save } from '../files';
import { taughtFiles } from '../taught-models';
import { adapterZip } from '../teach/export';

/** Saves a text with the adapter of the taught model that wrote it, after a question. @param adapter its digest */
export function WithAdapter(text: { fragment: string; title: string; adapter: string }) {
  const { fragment, title, adapter } = text;
  const [isAsked, ask] = useState(false);
  const [isGone, setGone] = useState(false);
  const saveFile = async () => {
    const files = await taughtFiles(adapter);
    setGone(!files);
    ask(false);
    if (files)
      save(await adapterZip(files, { [fileName(title)]: fragment }), fileName(title, 'leapformer.zip'));
  };
  if (isGone) return <p role="alert">The adapter is no longer in this browser.</p>;
  if (!isAsked)
    return (
      <button type="button" className="worded" onClick={() => ask(true)}>
        Download with the adapter
      </button>
    );
  return (
    <section aria-label="Download with the adapter">
      <p>
        The adapter was made from the texts that the model learned from, and can give parts of them away. With
        it, the receiver can verify this text and continue it.
      </p>
      <button type="button" className="worded" onClick={saveFile}>
        Save the file
      </button>
      <button type="button" className="worded" onClick={() => ask(false)}>
        Cancel
      </button>
    </section>
  );
}
