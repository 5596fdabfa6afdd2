import { useEffect } from 'react';
import { useStore } from 'zustand';
import { MEASURABLE_TOKENS } from '../../model/finetuning/teaching';
import { plainText } from '../../model/text/text';
import { type NamedText, timeOf } from '../../workers/teaching/teach-client';
import { shownPage } from '../address';
import { FullPage, PageError } from '../components/FullPage';
import { count } from '../format';
import { findModel, sourceOfDigest } from '../models';
import { usePlayground } from '../playground-context';
import { AddTexts, TextList } from '../score/Inputs';
import { titleOf } from '../store/document/article';
import { LessonView } from './LessonView';
import { lesson } from './lesson';
import { SavedLesson } from './SavedLesson';
import { SettingsFields } from './SettingsFields';
import { TaughtList } from './TaughtList';
import { duration } from './words';
import { YourTexts } from './YourTexts';

/** A page over the text where the model learns from texts. */
export default function TeachPage() {
  const playground = usePlayground();
  const { work, texts, from, settings, prepared, progress, saved, error } = useStore(lesson.store);
  useEffect(() => {
    const { getState } = playground.store;
    lesson.backend = () => getState().settings.backend;
    lesson.findModel = (digest) =>
      digest ? sourceOfDigest(digest) : findModel(getState().history?.present.model ?? null);
    lesson.onTaught = ({ name }) => {
      if (shownPage() !== 'teach') playground.notify(`${name} is taught. Open Teach to use it.`);
    };
    void lesson.look();
  }, [playground]);
  const choose = (chosen: readonly NamedText[], learner = from) => void lesson.choose(chosen, learner);
  const add = (added: readonly NamedText[]) => choose([...texts, ...added]);
  const addFiles = (files: readonly File[]) => add(files.map((file) => ({ name: file.name, file })));
  const own = () => {
    const { runs } = playground.text;
    return { name: titleOf(runs)?.words ?? 'Your text', file: new Blob([plainText(runs)]) };
  };
  const isChoosing = !progress && (!saved || saved.isElsewhere) && (work === 'idle' || work === 'opening');
  return (
    <FullPage title="Teach" {...(isChoosing && { onFiles: addFiles })}>
      <p>
        The model reads your texts and learns from them. What it learns is an adapter: a small file of changes
        to its weights. All of it stays on this device, the texts and the adapter.
      </p>
      {saved ? <SavedLesson saved={saved} /> : null}
      {isChoosing ? (
        <>
          {from ? (
            <p>
              <b>{from.name}</b> learns more, at its full strength. The result is another taught model.{' '}
              <button type="button" className="worded" onClick={() => choose(texts, null)}>
                Teach another model
              </button>
            </p>
          ) : null}
          <AddTexts page="teach" onAdd={add} onFiles={addFiles} own={own} />
          <YourTexts onAdd={(text) => add([text])} />
          <TextList
            page="teach"
            files={texts}
            onRemove={(n) => choose(texts.filter((_, other) => other !== n))}
          />
          <SettingsFields key={from?.adapter.digest} settings={settings} hasRank={!from} />
          {texts.length ? (
            <p role="status">
              {prepared
                ? `${count(prepared.tokens)} tokens for ${prepared.model.name}. ${settings.rounds} ${settings.rounds === 1 ? 'round takes' : 'rounds take'} about ${duration(timeOf(prepared.tokens, settings, prepared.speed))} on this device.${prepared.tokens < MEASURABLE_TOKENS ? ` With fewer than ${count(MEASURABLE_TOKENS)} tokens, too little is left to measure a gain.` : ''}`
                : work === 'opening'
                  ? 'Opening the texts, and measuring this device …'
                  : null}
            </p>
          ) : null}
          <div className="full-page-actions">
            <button
              type="button"
              className="write-button"
              disabled={!prepared}
              onClick={() => void lesson.start()}
            >
              Teach
            </button>
          </div>
        </>
      ) : null}
      {progress ? <LessonView progress={progress} /> : null}
      {error ? <PageError error={error} /> : null}
      <TaughtList onTeachMore={isChoosing ? (taught) => choose(texts, taught) : null} />
    </FullPage>
  );
}
