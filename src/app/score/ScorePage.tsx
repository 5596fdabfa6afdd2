import { useEffect, useRef, useState } from 'react';
import { EngineError, type ErrorData } from '../../model/runtime/errors';
import { plainText } from '../../model/text/text';
import { FullPage, PageError, PageProgress } from '../components/FullPage';
import { listModels, modelFor } from '../models';
import { listOwnModels } from '../own-models';
import { usePlayground } from '../playground-context';
import { titleOf } from '../store/document/article';
import { keepPasted, type ListedText, readPasted } from '../store/pasted-texts';
import { AddTexts, ModelChoice, TextList } from './Inputs';
import { Results } from './Results';
import type { Row } from './report';
import { type Progress, type ScoringModel, scoreAll } from './run';

/** A page over the text that measures how well models predict texts. */
export default function ScorePage() {
  const playground = usePlayground();
  const [files, setFiles] = useState(() => readPasted('score'));
  const [models, setModels] = useState<readonly ScoringModel[]>([]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<ErrorData | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  useEffect(() => {
    const wanted = playground.store.getState().history?.present.model ?? null;
    Promise.all([listModels(), modelFor(wanted), listOwnModels()]).then(
      ([listed, opened, own]) => {
        const named = own.map(({ manifest: { digest, name }, bytes }) => ({
          id: digest,
          name,
          digest,
          bytes,
        }));
        setModels([...listed, ...named]);
        setChosen(new Set([opened]));
      },
      (thrown) => setError(EngineError.from(thrown).toData()),
    );
  }, [playground]);

  const list = (listed: readonly ListedText[]) => {
    keepPasted('score', listed);
    setFiles(listed);
  };
  const add = (added: readonly ListedText[]) => {
    list([...files, ...added.filter(({ file }) => file.size > 0)]);
    const empty = added.find(({ file }) => file.size === 0);
    setError(
      empty
        ? { code: 'input', message: `${empty.name} is empty.`, remedy: 'Choose a file with text.' }
        : null,
    );
  };
  const addFiles = (added: readonly File[]) => add(added.map((file) => ({ name: file.name, file })));
  const ownText = () => {
    const { runs } = playground.text;
    return { name: titleOf(runs)?.words ?? 'Your text', file: new Blob([plainText(runs)]) };
  };
  const score = async () => {
    const controller = new AbortController();
    running.current = controller;
    setRows([]);
    setError(null);
    const asked = models.filter(({ id }) => chosen.has(id));
    const { backend } = playground.store.getState().settings;
    const tell = (now: Progress) => {
      if (running.current === controller) setProgress(now);
    };
    tell({ label: 'Starting', part: 0 });
    try {
      const onRow = (row: Row) => setRows((before) => [...before, row]);
      await scoreAll({ files, models: asked, backend }, onRow, tell, controller.signal);
    } catch (thrown) {
      const failure = EngineError.from(thrown);
      if (failure.code !== 'cancelled') setError(failure.toData());
    } finally {
      running.current = null;
      setProgress(null);
    }
  };
  return (
    <FullPage title="Score" onFiles={addFiles}>
      <p>
        How well do models predict a text? Each model reads it, and the page shows the perplexity, the loss
        along the text, and the words that surprise the model most. Nothing leaves this device. A long text
        needs no more memory than a short one.
      </p>
      <AddTexts page="score" onAdd={add} onFiles={addFiles} own={ownText} />
      <TextList page="score" files={files} onRemove={(n) => list(files.filter((_, other) => other !== n))} />
      <ModelChoice models={models} chosen={chosen} onChosen={setChosen} />
      {progress ? (
        <PageProgress {...progress} onCancel={() => running.current?.abort()} />
      ) : (
        <div className="full-page-actions">
          <button
            type="button"
            className="write-button"
            disabled={files.length === 0 || chosen.size === 0}
            onClick={score}
          >
            Score
          </button>
        </div>
      )}
      {error ? <PageError error={error} /> : null}
      {rows.length ? <Results rows={rows} /> : null}
    </FullPage>
  );
}
