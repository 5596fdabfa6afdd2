import { useEffect, useState } from 'react';
import { commandOf, runCommand } from '../../commands';
import { BEGINNINGS } from '../../examples';
import { loadExample } from '../../opening';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { titleOf } from '../../store/document/article';
import { type TextValue, typedText } from '../../store/document/text-value';
import { TextsCard } from '../cards/TextsCard';
import { ChevronIcon } from '../controls/icons';
import { Popover } from '../controls/Popover';

/** The row above the text: the list of texts, the title (the text's first line) and examples. */
export function DocumentHead() {
  const playground = usePlayground();
  const title = usePlaygroundState(
    (state) => (state.history ? titleOf(state.history.present.runs)?.words : null) ?? '',
  );
  useEffect(() => {
    document.title = title || 'LeaPformer Playground';
  }, [title]);
  return (
    <div className="document-head">
      <TextsCard />
      <label className="title-field">
        <span>Title</span>
        <input
          value={title}
          placeholder="Untitled"
          dir="auto"
          data-writes="title"
          autoComplete="off"
          onCompositionStart={() => playground.endStep()}
          onChange={({ target, nativeEvent }) =>
            playground.setTitle(target.value, (nativeEvent as InputEvent).isComposing)
          }
        />
      </label>
      <Popover
        id="examples"
        label="Examples"
        side="below"
        className="quiet-button worded"
        button={
          <>
            Examples <ChevronIcon />
          </>
        }
      >
        {(close) => <Examples onChosen={close} />}
      </Popover>
      <button
        type="button"
        className="quiet-button worded"
        onClick={() => runCommand(commandOf('new'), playground)}
      >
        New
      </button>
    </div>
  );
}

function Examples({ onChosen }: { onChosen(): void }) {
  const playground = usePlayground();
  const [finished, setFinished] = useState<TextValue | null>(null);
  useEffect(() => {
    loadExample().then(setFinished, () => {}); // without it, the card shows the openings
  }, []);
  const choose = (change: () => void) => () => {
    change();
    onChosen();
  };
  return (
    <>
      <p>
        <small>Opens as a new text. Yours stays under Your texts.</small>
      </p>
      <ul className="choices">
        {BEGINNINGS.map(({ name, text }) => (
          <li key={name}>
            <button type="button" onClick={choose(() => playground.texts.add(typedText(text)))}>
              {name} <small>{text.split('\n').at(-1)} …</small>
            </button>
          </li>
        ))}
        {finished ? (
          <li>
            <button type="button" onClick={choose(() => playground.texts.add(finished))}>
              {titleOf(finished.runs)?.words}, already continued
            </button>
          </li>
        ) : null}
      </ul>
    </>
  );
}
