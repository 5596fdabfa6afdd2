import type { BackendChoice } from '../../../workers/messages';
import { chooseBackend, chosenBackend } from '../../address';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { RANGES, type Sampler, samplerOf } from '../../store/settings/settings';
import { Choice } from '../controls/Choice';
import { NumberField } from '../controls/NumberField';
import { PresetField } from './PresetField';
import { StopField } from './StopField';

const SAMPLER: { key: keyof Sampler; name: string; hint: string }[] = [
  {
    key: 'temperature',
    name: 'Temperature',
    hint: 'Low keeps to likely words, high takes chances. 0 always takes the likeliest.',
  },
  {
    key: 'topP',
    name: 'Top-p',
    hint: 'Choose among the likeliest tokens that share this much probability. 1: all.',
  },
  {
    key: 'minP',
    name: 'Min-p',
    hint: 'Leave out tokens below this fraction of the likeliest one’s probability. 0: none.',
  },
  { key: 'topK', name: 'Top-k', hint: 'Choose among this many of the likeliest tokens. 0: all.' },
  {
    key: 'repetitionPenalty',
    name: 'Repetition penalty',
    hint: 'Makes tokens that this article already has less likely. 1: off.',
  },
  {
    key: 'sequencePenalty',
    name: 'Sequence penalty',
    hint: 'Makes going on as the text went on before less likely; the longer the same words, the more. 0: off.',
  },
];

const BACKENDS: { value: BackendChoice; name: string }[] = [
  { value: 'auto', name: 'Automatic' },
  { value: 'webgpu', name: 'WebGPU' },
  { value: 'cpu', name: 'CPU' },
];

export function SettingsPanel() {
  return (
    <form className="settings" onSubmit={(event) => event.preventDefault()}>
      <Undo />
      <PresetField />
      <SamplerFields />
      <SeedFields />
      <LengthFields />
      <BackendField />
      <p>
        <small>Changes hold from the next press on.</small>
      </p>
    </form>
  );
}

/** Takes changes of settings back, step by step. */
function Undo() {
  const { settings } = usePlayground();
  const { past, future } = usePlaygroundState((state) => state.settingsHistory);
  return (
    <div className="settings-undo">
      <button type="button" className="worded" disabled={!past.length} onClick={() => settings.undo()}>
        Undo settings
      </button>
      <button type="button" className="worded" disabled={!future.length} onClick={() => settings.redo()}>
        Redo settings
      </button>
    </div>
  );
}

function SamplerFields() {
  const playground = usePlayground();
  const settings = usePlaygroundState((state) => state.settings);
  const engine = usePlaygroundState((state) => state.engine);
  const sampler = samplerOf(settings, engine.phase === 'ready' ? engine.info.manifest : null);
  const isChanged = Object.keys(settings.sampler).length > 0;
  return (
    <fieldset>
      <legend>Choice of words</legend>
      {SAMPLER.map(({ key, name, hint }) => (
        <NumberField
          key={key}
          name={name}
          hint={hint}
          slider
          value={sampler[key]}
          range={RANGES[key]}
          onChange={(value) => playground.setSampler({ [key]: value })}
        />
      ))}
      <button
        type="button"
        className="worded"
        disabled={!isChanged}
        onClick={() => playground.set({ sampler: {} })}
      >
        Reset to the model’s own
      </button>
    </fieldset>
  );
}

function SeedFields() {
  const playground = usePlayground();
  const { seed, randomSeed } = usePlaygroundState((state) => state.settings);
  return (
    <fieldset>
      <legend>Chance</legend>
      <NumberField
        name="Seed"
        hint="The same seed, settings and text give the same continuation on this device."
        value={seed}
        range={RANGES.seed}
        onChange={(value) => playground.set({ seed: value, randomSeed: false }, 'seed')}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={randomSeed}
          onChange={(event) => playground.set({ randomSeed: event.target.checked })}
        />
        A new seed each time
      </label>
    </fieldset>
  );
}

function LengthFields() {
  const playground = usePlayground();
  const { length, atArticleEnd, tokensPerSecond } = usePlaygroundState((state) => state.settings);
  return (
    <fieldset>
      <legend>How far</legend>
      <NumberField
        name="Length in tokens"
        hint="Written by one press. A token is a word or a piece of one."
        value={length}
        range={RANGES.length}
        onChange={(value) => playground.set({ length: value }, 'length')}
      />
      <Choice
        name="At the end of an article"
        value={atArticleEnd}
        options={[
          { value: 'stop', name: 'Stop' },
          { value: 'continue', name: 'Go on with the next' },
        ]}
        onChange={(value) => playground.set({ atArticleEnd: value })}
      />
      <StopField />
      <NumberField
        name="Tokens a second, at most"
        hint="To watch it write. 0: as fast as it can."
        value={tokensPerSecond}
        range={RANGES.tokensPerSecond}
        onChange={(value) => playground.set({ tokensPerSecond: value }, 'speed')}
      />
    </fieldset>
  );
}

function BackendField() {
  const playground = usePlayground();
  const backend = usePlaygroundState((state) => state.settings.backend);
  const info = usePlaygroundState(({ engine }) => (engine.phase === 'ready' ? engine.info.backend : null));
  const isNamed = chosenBackend() !== null;
  const options =
    backend === 'reference' ? [...BACKENDS, { value: 'reference' as const, name: 'Reference' }] : BACKENDS;
  return (
    <fieldset>
      <legend>Machine</legend>
      <Choice
        name="Runs on"
        value={backend}
        options={options}
        onChange={(value) => {
          chooseBackend(null);
          playground.set({ backend: value });
          playground.load();
        }}
      />
      <small className="hint">
        {isNamed ? 'Set by ?backend= in the address. ' : ''}
        {info ? `Now: ${info.device}. ${info.reason ?? ''}` : ''}
      </small>
    </fieldset>
  );
}
