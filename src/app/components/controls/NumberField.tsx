import { type KeyboardEvent, useId, useState } from 'react';
import { keyOf } from '../../keyboard/chord';
import { clamp, type Range, stepped } from '../../store/settings/settings';

interface Props {
  readonly name: string;
  /** Shown while the pointer or the focus is on the field; on touch screens always. */
  readonly hint?: string;
  readonly value: number;
  readonly range: Range;
  /** Shows a slider below the number. */
  readonly slider?: boolean;
  readonly disabled?: boolean;
  onChange(value: number): void;
}

/** A number field with a label, and optionally a slider. */
export function NumberField({ name, hint, value, range, slider = false, disabled = false, onChange }: Props) {
  const id = useId();
  // The draft may not be a number yet.
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
  /** Arrow keys use the range's step, because the browser steps by 1 in a field with step="any". */
  const walk = (event: KeyboardEvent) => {
    const key = keyOf(event.nativeEvent);
    if (key !== 'ArrowUp' && key !== 'ArrowDown') return;
    event.preventDefault();
    setDraft(null);
    onChange(stepped(value, range, key === 'ArrowUp' ? 1 : -1));
  };
  return (
    <div className="field" data-tip={hint}>
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
          onKeyDown={walk}
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
        <small id={`${id}-hint`} className="hint field-hint">
          {hint}
        </small>
      ) : null}
    </div>
  );
}
