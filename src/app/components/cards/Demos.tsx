import { useEffect, useState } from 'react';
import { type Demo, listDemos, openDemo, sourceOf } from '../../demos';
import { usePlayground } from '../../playground-context';

/** The list of demos. A click opens one as a new text. */
export default function Demos({ onChosen }: { onChosen(): void }) {
  const playground = usePlayground();
  const [demos, setDemos] = useState<readonly Demo[] | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    listDemos().then(setDemos, () => setFailed(true));
  }, []);
  return (
    <>
      <h2>Demos</h2>
      <p>
        <small>
          A search found these texts. They are striking, not typical. Each opens as a new text; yours stays
          under Your texts.
        </small>
      </p>
      {hasFailed ? <p>The demos did not load. Check the connection, and open this list again.</p> : null}
      <ul className="choices demos">
        {demos?.map((demo) => (
          <li key={demo.id}>
            <button
              type="button"
              onClick={() => {
                onChosen();
                void openDemo(playground, demo.id);
              }}
            >
              <b>{demo.title}</b> <small>{demo.sentence}</small> <small>{sourceOf(demo)}</small>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
