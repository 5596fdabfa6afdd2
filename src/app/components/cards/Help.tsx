import { COMMANDS } from '../../commands';
import { ALTERNATIVE_KEYS, keysOf } from '../../keyboard/labels';
import { WordedCommand } from '../controls/CommandButton';
import { Keys } from '../controls/Keys';

export default function Help({ onDone }: { onDone(): void }) {
  return (
    <>
      <h2>How this works</h2>
      <p>
        Write the first words, and the model continues, one token at a time. A token is a word or part of a
        word. The bar in the margin marks text by the model. You can edit all of it; your edits count as
        yours. A first line like = Tea = is the title, and = = History = = heads a section.
      </p>
      <p>
        The model is small and was trained on encyclopedia articles. Its sentences sound right, but most of
        its facts are made up.
      </p>
      <p>
        <b>Tokens</b> shows what else the model considered, and lets you pick another word. The old version
        stays under Branches. <WordedCommand command="token" onDone={onDone} />
      </p>
      <p>
        <b>The lens</b> shows what each word looks back at, head by head, and how the model predicts without
        learned proportions. <WordedCommand command="lens" onDone={onDone} />
      </p>
      <p>
        <b>A link</b> contains the whole text, who wrote what, and the settings; nothing is uploaded. Verify
        checks that this model writes a text with its seed and settings.{' '}
        <WordedCommand command="share" onDone={onDone} /> <WordedCommand command="verify" onDone={onDone} />
      </p>
      <p>
        <b>Memory</b>: the model keeps sums of fixed size instead of every token, so its memory is the same at
        any length. The line below the text compares it with standard attention.
      </p>
      <h3 className="shortcuts-head">Shortcuts</h3>
      <dl className="shortcuts">
        {COMMANDS.filter(({ keys }) => keys).map((command) => (
          <div key={command.id}>
            <dt>
              <Keys keys={keysOf(command)} />
            </dt>
            <dd>{command.name}</dd>
          </div>
        ))}
        <div>
          <dt>
            <Keys keys={ALTERNATIVE_KEYS} />
          </dt>
          <dd>Pick an alternative token</dd>
        </div>
      </dl>
    </>
  );
}
