import { useId, useState } from 'react';
import { clamp, type Range } from '../store/settings';

interface Props {
  readonly name: string;
  readonly hint?: string;
  readonly value: number;
  readonly range: Range;
  /** With a slider under the number. */
  readonly slider?: boolean;
  readonly disabled?: boolean;
  onChange(value: number): void;
}

/** A number with its name, and a slider to find it by feel. */
export function NumberField({ name, hint, value, range, slider = false, disabled = false, onChange }: Props) {
  const id = useId();
  // What is being typed may not be a number yet.
  const [draft, setDraft] = useState<string | null>(null);
  const take = (text: string) => {
    setDraft(text);
    const number = Number(text);
    if (text.trim() && Number.isFinite(number) && clamp(number, range) === number) onChange(number);
  };
  const settle = () => {
    const number = Number(draft);
    if (draft?.trim() && Number.isFinite(number)) onChange(clamp(number, range));
    setDraft(null);
  };
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>{name}</label>
        <input
          id={id}
          type="number"
          className={range.max > 9999 ? 'wide' : ''}
          inputMode="decimal"
          {...range}
          step={range.step === 1 ? 1 : 'any'}
          value={draft ?? value}
          disabled={disabled}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => take(event.target.value)}
          onBlur={settle}
        />
      </div>
      {slider ? (
        <input
          type="range"
          {...range}
          value={value}
          disabled={disabled}
          aria-label={`${name}, slider`}
          onChange={(event) => onChange(Number(event.target.value))}
        />
      ) : null}
      {hint ? (
        <small id={`${id}-hint`} className="hint">
          {hint}
        </small>
      ) : null}
    </div>
  );
}
