import { useEffect, useState } from 'react';
import { recordOf, type Token } from '../../model/text/token-index';
import { save } from '../files';
import { usePlayground } from '../playground-context';
import type { Playground } from '../store/playground';
import { measureColour } from '../tint-scale';
import { drawImage } from './image';

/** The text as an image, with the current tint. */
export default function ShareImage({ title }: { title: string }) {
  const playground = usePlayground();
  const [image, setImage] = useState<{ file: File; url: string } | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let url: string | null = null;
    const show = (blob: Blob) => {
      url = URL.createObjectURL(blob);
      setImage({ file: new File([blob], `${title}.png`, { type: 'image/png' }), url });
    };
    drawImage({ runs: playground.text.runs, colour: colourOf(playground), words: wordsOf(playground) }).then(
      show,
      () => setFailed(true),
    );
    return () => {
      if (url) URL.revokeObjectURL(url);
    };
  }, [playground, title]);
  if (hasFailed) return <p role="alert">This browser cannot draw the image.</p>;
  if (!image) return <p>Drawing …</p>;
  const files = { files: [image.file] };
  return (
    <>
      <img className="share-image" src={image.url} alt="The text with its colours" />
      <div className="share-actions">
        <button type="button" className="pill" onClick={() => save(image.file, image.file.name)}>
          Download the image
        </button>
        {navigator.canShare?.(files) ? (
          <button type="button" className="pill" onClick={() => navigator.share(files).catch(() => {})}>
            Share the image …
          </button>
        ) : null}
      </div>
    </>
  );
}

/** The tint of the open panel; otherwise the surprise of the sampled tokens. */
function colourOf({ tokens, inspection }: Playground): (token: Token) => string | null {
  const { colour } = tokens.getState();
  if (colour) return colour;
  const { measure } = inspection.store.getState();
  return (token) => {
    const record = measure === 'off' ? null : recordOf(token);
    return record && measure !== 'off' ? measureColour(measure, record.logProbability, record.rank) : null;
  };
}

/** The lines below the text: the meaning of the colours, and where the text comes from. */
export function wordsOf({
  store,
  inspection,
  text,
}: Pick<Playground, 'store' | 'inspection' | 'text'>): readonly string[] {
  const { engine, panel, lens } = store.getState();
  const { measure } = inspection.store.getState();
  const name = engine.phase === 'ready' ? `, ${engine.info.manifest.name}` : '';
  const more =
    panel === 'lens'
      ? IN_LENS[lens.mode === 'matrix' ? lens.of : lens.mode === 'text' ? lens.measure : 'share']
      : MORE[measure];
  const digest = text.model ? `  ·  model ${text.model.digest.slice(0, 8)}` : '';
  return [
    `LeaPformer Playground${name}  ·  bar: written by the model${more && `  ·  stronger colour: ${more}`}`,
    `${location.host}${location.pathname}${digest}`,
  ];
}

const MORE = { surprise: 'more surprising', probability: 'lower rank', off: '' };
const IN_LENS = {
  share: 'more attention',
  output: 'larger contribution',
  similarity: 'more similar',
  reweighting: '',
};
