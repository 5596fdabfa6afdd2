import { useId } from 'react';

interface Props<T extends string | number> {
  readonly name: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly name: string }[];
  onChange(value: T): void;
}

/** A row of radio buttons. */
export function Choice<T extends string>({ name, value, options, onChange }: Props<T>) {
  return (
    <fieldset className="choice">
      <legend>{name}</legend>
      <div className="choice-options">
        {options.map((option) => (
          <label key={option.value}>
            <input
              type="radio"
              name={name}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.name}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** A menu, for many options. */
export function Select<T extends string | number>({ name, value, options, onChange }: Props<T>) {
  const id = useId();
  return (
    <div className="select-field">
      <label htmlFor={id}>{name}</label>
      <select id={id} value={value} onChange={({ target }) => onChange(options[target.selectedIndex].value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </select>
    </div>
  );
}
