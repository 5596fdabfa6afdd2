import type { BackendChoice } from '../../../workers/messages';
import { chooseBackend, chosenBackend } from '../../address';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { RANGES, type Sampler, SETTING_NAMES, samplerOf } from '../../store/settings/settings';
import { Choice } from '../controls/Choice';
import { NumberField } from '../controls/NumberField';
import { PresetField } from './PresetField';
import { StopField } from './StopField';

const HINTS = {
  temperature: 'Lower is safer, higher more surprising. 0 always picks the most likely token.',
  topP: 'Keep the most likely tokens that add up to this probability. 1 = off.',
  minP: 'Drop tokens less likely than this fraction of the top one. 0 = off.',
  topK: 'Keep only this many. 0 = off.',
  repetitionPenalty: 'Discourages words already used in this article. 1 = off.',
  sequencePenalty: 'Discourages repeating earlier phrases, longer ones more. 0 = off.',
} as const satisfies Record<keyof Sampler, string>;

/** The settings of the sampler that are folded away. */
const FOLDED = (Object.keys(HINTS) as (keyof Sampler)[]).filter((key) => key !== 'temperature');

const BACKENDS: { value: BackendChoice; name: string }[] = [
  { value: 'auto', name: 'Automatic' },
  { value: 'webgpu', name: 'WebGPU' },
  { value: 'cpu', name: 'CPU' },
];

export function SettingsPanel() {
  return (
    <form className="settings" onSubmit={(event) => event.preventDefault()}>
      <MainFields />
      <PresetField />
      <SamplerFields />
      <EndFields />
      <BackendField />
      <Undo />
      <p>
        <small>Changes apply the next time you generate.</small>
      </p>
    </form>
  );
}

/** Undo and redo for settings. */
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

/** The settings that people change most. */
function MainFields() {
  const playground = usePlayground();
  const { length, seed, randomSeed } = usePlaygroundState((state) => state.settings);
  return (
    <fieldset>
      <legend>Next words</legend>
      <NumberField
        name={SETTING_NAMES.length}
        hint="How much one press generates. A token is a word or part of a word."
        value={length}
        range={RANGES.length}
        onChange={(value) => playground.set({ length: value }, 'length')}
      />
      <SamplerField name="temperature" />
      <NumberField
        name={SETTING_NAMES.seed}
        hint="Same seed, settings and text: same result on this device."
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
        New seed every time
      </label>
    </fieldset>
  );
}

function SamplerField({ name }: { name: keyof Sampler }) {
  const playground = usePlayground();
  const settings = usePlaygroundState((state) => state.settings);
  const engine = usePlaygroundState((state) => state.engine);
  const sampler = samplerOf(settings, engine.phase === 'ready' ? engine.info.manifest : null);
  return (
    <NumberField
      name={SETTING_NAMES[name]}
      hint={HINTS[name]}
      slider
      value={sampler[name]}
      range={RANGES[name]}
      onChange={(value) => playground.setSampler({ [name]: value })}
    />
  );
}

function SamplerFields() {
  const playground = usePlayground();
  const changed = usePlaygroundState(({ settings }) => Object.keys(settings.sampler).length);
  return (
    <fieldset>
      <details className="settings-sampling">
        <summary>Sampling{changed ? `, ${changed} changed` : ''}</summary>
        {FOLDED.map((name) => (
          <SamplerField key={name} name={name} />
        ))}
        <button
          type="button"
          className="worded"
          disabled={!changed}
          onClick={() => playground.set({ sampler: {} })}
        >
          Reset to default
        </button>
      </details>
    </fieldset>
  );
}

function EndFields() {
  const playground = usePlayground();
  const { atArticleEnd, tokensPerSecond } = usePlaygroundState((state) => state.settings);
  return (
    <fieldset>
      <legend>End and speed</legend>
      <Choice
        name="At the end of an article"
        value={atArticleEnd}
        options={[
          { value: 'stop', name: 'Stop' },
          { value: 'continue', name: 'Start the next article' },
        ]}
        onChange={(value) => playground.set({ atArticleEnd: value })}
      />
      <StopField />
      <NumberField
        name={SETTING_NAMES.tokensPerSecond}
        hint="60 is a pace that one can watch. 0 = as fast as the device can."
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
      <legend>Hardware</legend>
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
