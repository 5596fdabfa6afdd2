import { useEffect, useState } from 'react';
import { EngineError, type ErrorData } from '../../model/runtime/errors';
import { fitsQrCode, isTooLong } from '../../share/link';
import { linkTo } from '../address';
import { WordedCommand } from '../components/controls/CommandButton';
import { late } from '../components/late';
import { fileName, save } from '../files';
import { listModels } from '../models';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { titleOf } from '../store/document/article';
import { encodeText } from '../store/links/sharing';
import type { PanelId } from '../store/state';
import { LinkField } from './LinkField';
import { WithAdapter } from './WithAdapter';

const QrCode = late(() => import('./QrCode'), { name: 'The QR code' });
const ShareImage = late(() => import('./ShareImage'), { name: 'The image' });

/** The part of the view that a link contains (viewOf in view.ts), by the open panel. */
const IN_LINK: { readonly [K in PanelId]?: string } = {
  lens: ', and it opens the lens in this view',
  token: ', and it opens the Token panel with its colours',
};

/** Shares the text as it was when the card opened. */
export default function Sharing({ onDone }: { onDone(): void }) {
  const playground = usePlayground();
  const [fragment, setFragment] = useState<string | null>(null);
  const [problem, setProblem] = useState<ErrorData | null>(null);
  const [shown, show] = useState<'qr' | 'image' | null>(null);
  const hasSampled = usePlaygroundState(({ history }) =>
    history?.present.runs.some((run) => run.source === 'sampled'),
  );
  const adapter = usePlaygroundState(({ engine, history }) => {
    if (engine.phase !== 'ready') return null;
    const { taught, digest } = engine.info.manifest;
    return history?.present.model?.digest === digest ? (taught?.adapter ?? null) : null;
  });
  const title = titleOf(playground.text.runs)?.words ?? 'LeaPformer text';
  useEffect(() => {
    const firstModel = async () => (await listModels())[0];
    encodeText(playground, firstModel).then(setFragment, (error) =>
      setProblem(EngineError.from(error).toData()),
    );
  }, [playground]);
  const panel = usePlaygroundState((state) => state.panel);
  const { start } = playground.text;
  const view = (panel && IN_LINK[panel]) ?? '';
  const link = fragment === null ? null : linkTo(fragment);
  const tooLong = link !== null && isTooLong(link);
  return (
    <>
      <h2>Share this text</h2>
      {problem ? (
        <p role="alert">
          {problem.message} {problem.remedy}
        </p>
      ) : (
        <p>
          {link === null
            ? 'Making the link …'
            : tooLong
              ? 'This text is too long for a link. Download it and send the file.'
              : `The link contains the whole text, who wrote what, and your settings${view}. Nothing is uploaded.`}
        </p>
      )}
      {start ? (
        <p>
          To go on from it, the receiver also needs the file of its saved state: {start.name} (SHA-256{' '}
          <code>{start.digest.slice(0, 16)}</code>).
        </p>
      ) : null}
      <OwnModel />
      {fragment === null || link === null || tooLong ? null : (
        <LinkField link={link} embed={panel === 'lens' ? embedCode(fragment, title) : null} title={title} />
      )}
      <div className="share-actions">
        {link !== null && fitsQrCode(link) ? (
          <More name="QR code" isOpen={shown === 'qr'} onClick={() => show(shown === 'qr' ? null : 'qr')} />
        ) : null}
        <More
          name="Image"
          isOpen={shown === 'image'}
          onClick={() => show(shown === 'image' ? null : 'image')}
        />
      </div>
      {shown === 'qr' && link ? <QrCode link={link} /> : null}
      {shown === 'image' ? <ShareImage title={title} /> : null}
      {fragment !== null && adapter ? <WithAdapter {...{ fragment, title, adapter }} /> : null}
      <div className="card-actions">
        {fragment === null ? null : (
          <button type="button" className="worded" onClick={() => save(fragment, fileName(title))}>
            Download
          </button>
        )}
        <WordedCommand command="open" onDone={onDone} />
        {hasSampled ? <WordedCommand command="verify" onDone={onDone} /> : null}
      </div>
    </>
  );
}

/** What the receiver needs, if this site does not publish the model of the text. */
function OwnModel() {
  const { model } = usePlayground().text;
  const taught = usePlaygroundState(({ engine }) => engine.phase === 'ready' && engine.info.manifest.taught);
  const [isPublished, setPublished] = useState(true);
  useEffect(() => {
    if (!model) return;
    listModels().then(
      (models) => setPublished(models.some(({ digest }) => digest === model.digest)),
      () => {},
    );
  }, [model]);
  if (!model || isPublished) return null;
  return (
    <p>
      To verify it or to go on with its model, the receiver also needs{' '}
      {taught ? 'the file of the adapter' : 'the folder of the model'}: {model.id} (SHA-256{' '}
      <code>{model.digest.slice(0, 16)}</code>).
    </p>
  );
}

function More({ name, isOpen, onClick }: { name: string; isOpen: boolean; onClick(): void }) {
  return (
    <button type="button" className="pill" aria-expanded={isOpen} onClick={onClick}>
      {name}
    </button>
  );
}

/** The HTML of a frame that shows the lens alone, in the view of the link. */
function embedCode(fragment: string, title: string): string {
  const address = `${location.origin}${location.pathname}?embed#${fragment}`; // base64url: nothing to escape
  const name = `Attention lens: ${title}`.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<iframe src="${address}" title="${name}" width="100%" height="560" loading="lazy" style="border: 1px solid #ddd"></iframe>`;
}
