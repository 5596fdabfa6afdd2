import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { LARGEST_K } from '../../model/text/simultaneous';
import { FullPage, PageError } from '../components/FullPage';
import { bytes } from '../format';
import { listModels } from '../models';
import { usePlayground } from '../playground-context';
import { typedText } from '../store/document/text-value';
import { liveTranslation } from '../store/translation/live-translation';
import { Curve } from './Curve';
import { Share } from './Share';
import { Source } from './Source';
import { Staircase } from './Staircase';
import { LinkNote, Parts, Translations } from './Translations';

const LONGEST_FILE = 2 ** 20; // bytes
/** The sentences of 8 words or more. */
const TEST_SET = 'test-long';

/** A page over the text that translates while the user types. */
export default function TranslatePage() {
  const playground = usePlayground();
  const state = useStore(liveTranslation.store);
  const [chosen, setChosen] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { link, phase, sentences, current, loaded, model, info, error, notice, isKept } = state;
  const begin = () => {
    const { backend } = playground.store.getState().settings;
    return liveTranslation.begin(() => listModels(undefined, 'translators'), backend);
  };
  useEffect(() => {
    for (const source of liveTranslation.takeOthers()) void playground.texts.keepAside(typedText(source));
    const leave = () => liveTranslation.leave();
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      leave();
      liveTranslation.end();
    };
  }, [playground]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: begin reads the settings of that time
  useEffect(() => {
    if (phase === 'idle' && !link) void begin();
  }, [phase, link]);

  const edit = (source: string, ended: boolean) => {
    setChosen(null);
    setProblem(null);
    liveTranslation.edit(source, ended);
  };
  const openFile = async ([file]: readonly File[]) => {
    if (!file) return;
    if (file.size > LONGEST_FILE) return setProblem(`${file.name} is larger than 1 MB. Choose a part of it.`);
    const content = await file.text().catch(() => null);
    if (content === null || /[\0\ufffd]/.test(content))
      return setProblem(`${file.name} is not text in UTF-8. Save it as plain text in UTF-8.`);
    const { source } = state;
    edit(content, true);
    if (!source.trim() || source === content) return;
    await playground.texts.add(typedText(source), 'at once');
    setProblem('The text that the file replaced is now under Your texts.');
  };
  const scores = info?.manifest.evaluation?.sets?.[TEST_SET]?.rows;
  const shown = Math.min(chosen ?? current, sentences.length - 1);
  return (
    <FullPage title="Translate" onFiles={openFile}>
      <p>
        The model translates English to German and French while you type. It waits for k words of a sentence,
        then writes a word for each word that it reads. Nothing leaves this device.
      </p>
      <div className="translate">
        <Source source={state.source} k={state.k} onSource={edit} onFiles={openFile} />
        <Translations
          sentences={sentences}
          link={phase === 'idle' ? link : null}
          shown={shown}
          onChosen={setChosen}
        />
      </div>
      <Parts count={sentences.length} shown={shown} onChosen={setChosen} />
      <p role="status" className="translate-status">
        {statusOf(phase, loaded)}
      </p>
      {link ? <LinkNote state={state} link={link} onVerify={begin} /> : null}
      {problem ? <p role="alert">{problem}</p> : null}
      {notice ? <p role="alert">{notice}</p> : null}
      {isKept ? null : (
        <p role="alert">This browser does not keep the text. Copy it before you close the page.</p>
      )}
      {error ? (
        <>
          <PageError error={error} />
          <div className="full-page-actions">
            <button type="button" className="worded" onClick={begin}>
              Try again
            </button>
          </div>
        </>
      ) : null}
      {sentences[shown] ? <Staircase sentence={sentences[shown]} config={info?.config ?? null} /> : null}
      {phase === 'done' && model && sentences.length > 0 ? <Share state={state} model={model} /> : null}
      {scores ? <Curve scores={scores} k={state.k} /> : null}
      <footer className="translate-about">
        <p>
          The model is small and knows everyday sentences. It leaves out, adds and mistranslates words, most
          of all at small k. k is 1 to {LARGEST_K}, or offline: the model then reads the whole sentence first.{' '}
          {info
            ? `The memory of each language is one state of ${bytes(info.stateBytes)}, however long the text is.`
            : ''}
        </p>
        <p>
          {model?.name ?? 'The model'} was trained on sentence pairs of the{' '}
          <a href="https://tatoeba.org" target="_blank" rel="noreferrer">
            Tatoeba
          </a>{' '}
          project (tatoeba.org) in the selection of{' '}
          <a href="https://www.manythings.org/anki" target="_blank" rel="noreferrer">
            manythings.org/anki
          </a>
          , CC BY 2.0 FR.
        </p>
      </footer>
    </FullPage>
  );
}

function statusOf(phase: string, loaded: number): string {
  if (phase === 'loading') return `Loading the model: ${Math.floor(100 * loaded)}%`;
  if (phase === 'working') return 'Translating …';
  return phase === 'done' ? 'Ready' : '';
}
