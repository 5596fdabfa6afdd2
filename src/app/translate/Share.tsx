import { useEffect, useState } from 'react';
import { EngineError, type ErrorData } from '../../model/runtime/errors';
import type { IndexEntry } from '../../model/runtime/model-index';
import { DIRECTIONS } from '../../model/text/simultaneous';
import { encodeLink, isTooLong } from '../../share/link';
import { type SharedTranslation, shareTranslation } from '../../share/translation-link';
import { linkTo } from '../address';
import { PageError } from '../components/FullPage';
import { fileName, save } from '../files';
import { LinkField } from '../sharing/LinkField';
import { type TranslationState, textIn, wholeSource } from '../store/translation/live-translation';

interface Props {
  readonly state: TranslationState;
  readonly model: IndexEntry;
}

/** Makes a link or a file of a complete translation. */
export function Share({ state, model }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section className="translate-share" aria-label="Share">
      <div className="full-page-actions">
        <button type="button" className="pill" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Share
        </button>
      </div>
      {isOpen ? <LinkOf state={state} model={model} /> : null}
    </section>
  );
}

function LinkOf({ state, model }: Props) {
  const [fragment, setFragment] = useState<string | null>(null);
  const [error, setError] = useState<ErrorData | null>(null);
  const { sentences, k, source, ended } = state;
  useEffect(() => {
    let isCurrent = true;
    const shared: SharedTranslation = {
      model: { id: model.id, digest: model.digest },
      source: wholeSource({ source, ended }),
      k,
      translations: Object.fromEntries(
        DIRECTIONS.map((direction) => [direction, textIn(sentences, direction)]),
      ) as SharedTranslation['translations'],
    };
    setError(null);
    encodeLink(shareTranslation(shared)).then(
      (encoded) => isCurrent && setFragment(encoded),
      (thrown) => isCurrent && setError(EngineError.from(thrown).toData()),
    );
    return () => {
      isCurrent = false;
    };
  }, [sentences, k, source, ended, model]);
  if (error) return <PageError error={error} />;
  if (!fragment) return <p>Making the link …</p>;
  const link = linkTo(fragment);
  return (
    <>
      <p>
        <small>
          {isTooLong(link)
            ? 'This text is too long for a link. Download it and send the file.'
            : 'The link contains the text, both translations, k and the name of the model. Nothing is uploaded.'}
        </small>
      </p>
      {isTooLong(link) ? null : <LinkField key={link} link={link} embed={null} title="Translation" />}
      <div className="full-page-actions">
        <button type="button" className="worded" onClick={() => save(fragment, fileName('Translation'))}>
          Download
        </button>
      </div>
    </>
  );
}
