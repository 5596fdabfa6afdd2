import { useEffect, useRef, useState } from 'react';
import { EngineError, type ErrorData } from '../../model/errors';
import { isTooLong } from '../../share/link';
import { linkTo } from '../address';
import { commandOf } from '../commands';
import { FINISHED } from '../examples';
import { fileName, pickFile, save } from '../files';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { tipOf } from '../shortcuts';
import { titleOf } from '../store/article';
import { encodeText, openFile } from '../store/sharing';
import { ShareIcon } from './icons';
import { Popover } from './Popover';

/** The text as a link or a file, and the way back in for a file. */
export function ShareCard() {
  return (
    <Popover
      id="share"
      label="Share"
      tip={tipOf(commandOf('share'))}
      side="below"
      button={
        <>
          <ShareIcon />
          <span className="for-listeners">Share</span>
        </>
      }
    >
      {(close) => (
        <>
          <h2>Share this text</h2>
          <Sharing />
          <OpenFile onChosen={close} />
          <VerifyText onChosen={close} />
        </>
      )}
    </Popover>
  );
}

/** The text as it stands when the card opens. */
function Sharing() {
  const playground = usePlayground();
  const [fragment, setFragment] = useState<string | null>(null);
  const [problem, setProblem] = useState<ErrorData | null>(null);
  const title = titleOf(playground.text.runs)?.words ?? 'LeaPformer text';
  useEffect(() => {
    encodeText(playground.store.getState(), FINISHED.model!).then(setFragment, (error) =>
      setProblem(EngineError.from(error).toData()),
    );
  }, [playground]);
  if (problem)
    return (
      <p role="alert">
        {problem.message} {problem.remedy}
      </p>
    );
  if (fragment === null) return <p>Making the link …</p>;
  const link = linkTo(fragment);
  const tooLong = isTooLong(link);
  return (
    <>
      <p>
        {tooLong
          ? 'This text is too long for a link: some programs would cut it off. Save it as a file, and send that.'
          : 'The link holds the text as it is now, what was typed and what the model wrote, and the settings. It is stored nowhere else.'}
      </p>
      {tooLong ? null : <LinkField link={link} title={title} />}
      <button type="button" className="worded" onClick={() => save(fragment, fileName(title))}>
        Save as a file
      </button>
    </>
  );
}

function LinkField({ link, title }: { link: string; title: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setOutcome('Copied');
    } catch {
      field.current?.select(); // no clipboard here, or no leave to write to it
      setOutcome('Copy it from the field: this browser does not let the page do it.');
    }
  };
  // Closing the platform's sheet is no failure.
  const share = () => navigator.share({ title, url: link }).catch(() => {});
  return (
    <>
      <input
        ref={field}
        className="link-field"
        aria-label="Link"
        readOnly
        value={link}
        onFocus={(event) => event.target.select()}
      />
      <div className="share-actions">
        <button type="button" className="pill" onClick={copy}>
          Copy link
        </button>
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

function VerifyText({ onChosen }: { onChosen(): void }) {
  const playground = usePlayground();
  const hasSampled = usePlaygroundState(({ history }) =>
    history?.present.runs.some((run) => run.source === 'sampled'),
  );
  if (!hasSampled) return null;
  const verify = () => {
    void playground.verify();
    onChosen();
  };
  return (
    <button type="button" className="worded" onClick={verify}>
      Verify the text
    </button>
  );
}

function OpenFile({ onChosen }: { onChosen(): void }) {
  const playground = usePlayground();
  const open = () =>
    pickFile((file) => {
      void openFile(playground, file);
      onChosen();
    });
  return (
    <button type="button" className="worded" onClick={open}>
      Open a file …
    </button>
  );
}
