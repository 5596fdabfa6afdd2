import { useState } from 'react';
import { STEPS, STRONGEST, type TaughtModel } from '../../workers/teaching/teach-client';
import { chooseModel, closePage } from '../address';
import { fileName, save } from '../files';
import { bytes } from '../format';
import { usePlayground } from '../playground-context';
import { changeTaught, deleteTaught, type TaughtEntry, taughtDigest, taughtFiles } from '../taught-models';
import { percent } from '../token-format';
import { BetterWords } from './BetterWords';
import { adapterZip } from './export';
import { Samples } from './Samples';
import { inBits } from './words';

interface Props {
  readonly entry: TaughtEntry;
  /** Whether its details are open at first. */
  readonly isOpen: boolean;
  onChange(): Promise<void>;
  readonly onTeachMore: ((taught: TaughtModel) => void) | null;
}

/** A taught model: its name and strength, what changed, and what can be done with it. */
export function TaughtItem({ entry, isOpen, onChange, onTeachMore }: Props) {
  const playground = usePlayground();
  const { model } = entry;
  const { lesson } = model;
  const [asked, setAsked] = useState<'export' | 'delete' | null>(null);
  const change = async (part: Partial<Pick<TaughtModel, 'name' | 'strength'>>) => {
    await changeTaught(model, part);
    await onChange();
  };
  const use = async () => {
    chooseModel(await taughtDigest(model));
    closePage();
    playground.load();
  };
  const compare = async () => {
    await use();
    playground.comparison.open(2, 'strength');
  };
  const saveFile = async () => {
    const files = await taughtFiles(model.adapter.digest);
    if (files) save(await adapterZip(files), fileName(model.name, 'adapter.zip'));
    setAsked(null);
  };
  const remove = async () => {
    await deleteTaught(model);
    await onChange();
  };
  return (
    <li>
      <label className="teach-name">
        Name
        <input
          defaultValue={model.name}
          maxLength={100}
          onBlur={({ target }) => {
            const name = target.value.trim();
            if (name && name !== model.name) void change({ name });
          }}
        />
      </label>
      <p>{factsOf(entry)}</p>
      <Strength model={model} onChange={(strength) => void change({ strength })} />
      <div className="full-page-actions">
        <button type="button" className="write-button" onClick={use}>
          Use it
        </button>
        <button type="button" className="worded" onClick={compare}>
          Compare with its base
        </button>
        {onTeachMore ? (
          <button type="button" className="worded" onClick={() => onTeachMore(model)}>
            Teach it more
          </button>
        ) : null}
        <button type="button" className="worded" onClick={() => setAsked('export')}>
          Export
        </button>
        <button type="button" className="worded" onClick={() => setAsked('delete')}>
          Delete
        </button>
      </div>
      {asked ? (
        <section className="full-page-actions" aria-label={asked === 'export' ? 'Export' : 'Delete'}>
          <p>
            {asked === 'export'
              ? 'The file was made from your text and can give parts of it away.'
              : 'The adapter will be gone. The texts that it wrote stay.'}
          </p>
          <button type="button" className="worded" onClick={asked === 'export' ? saveFile : remove}>
            {asked === 'export' ? 'Save the file' : 'Delete it'}
          </button>
          <button type="button" className="worded" onClick={() => setAsked(null)}>
            Cancel
          </button>
        </section>
      ) : null}
      {lesson ? (
        <details open={isOpen}>
          <summary>What it learned</summary>
          <Samples prompt={lesson.prompt} samples={lesson.samples} />
          <BetterWords words={lesson.words} />
        </details>
      ) : null}
    </li>
  );
}

function Strength({ model, onChange }: { model: TaughtModel; onChange(strength: number): void }) {
  const [step, setStep] = useState(Math.round(STEPS * model.strength));
  const keep = () => {
    if (step / STEPS !== model.strength) onChange(step / STEPS);
  };
  return (
    <label className="teach-strength">
      Strength
      <input
        type="range"
        min={0}
        max={STRONGEST}
        value={step}
        aria-valuetext={`${(100 * step) / STEPS}%`}
        onChange={({ target }) => setStep(target.valueAsNumber)}
        onPointerUp={keep}
        onKeyUp={keep}
        onBlur={keep}
      />
      <output>{(100 * step) / STEPS}%</output>
    </label>
  );
}

function factsOf({ model, bytes: size, isKept }: TaughtEntry): string {
  const { base, adapter, lesson } = model;
  const facts = [`Made from ${base.name}, rank ${adapter.rank}, ${bytes(size)}.`];
  if (lesson?.isMeasured) {
    const { base: before, taught } = lesson;
    facts.push(
      `On the last 15% of the text, which it did not learn from, the loss went from ${inBits(before.unseen)} to ${inBits(taught.unseen)} bits per token (${percent(taught.unseen / before.unseen - 1)}).`,
    );
  } else if (lesson) facts.push('The text has fewer than 2,000 tokens, too few to measure a gain.');
  if (lesson?.forgetting) {
    const { base: before, taught } = lesson.forgetting;
    facts.push(
      `On 20 kB of Wikipedia, which it never learns from, the loss went from ${inBits(before)} to ${inBits(taught)}: what it forgot.`,
    );
  }
  if (!isKept) facts.push('This browser does not keep it, so export it before you leave.');
  return facts.join(' ');
}
