import { COMMANDS } from '../../commands';
import { ALTERNATIVE_KEYS, keysOf } from '../../keyboard/labels';
import { Keys } from '../controls/Keys';

export default function Help() {
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
        Open Tokens to see what else the model considered, and pick another word. The old version stays under
        Branches.
      </p>
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
