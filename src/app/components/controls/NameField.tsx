import { useEffect, useRef, useState } from 'react';
import { keyOf } from '../../keyboard/chord';

/** Whether a name is being typed in place of a button; after Enter or Escape the button has the focus again. */
export function useNaming(onNamed: (words: string) => void) {
  const [state, setState] = useState<'not' | 'now' | 'done'>('not');
  return {
    isNaming: state === 'now',
    begin: () => setState('now'),
    end: (words: string | null, byKey: boolean) => {
      setState(byKey ? 'done' : 'not');
      if (words !== null) onNamed(words);
    },
    /** For the button. */
    ref: state === 'done' ? focus : undefined,
  };
}

const focus = (button: HTMLButtonElement | null) => button?.focus();

const LONGEST = 60;

/** A field for a name. Leaving it keeps what was typed, Escape does not. */
export function NameField({
  label,
  name,
  className,
  onEnd,
}: {
  label: string;
  name: string;
  className?: string;
  /** With null where the name stays. */
  onEnd(words: string | null, byKey: boolean): void;
}) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current!.focus();
    field.current!.select();
  }, []);
  return (
    <input
      ref={field}
      className={className}
      aria-label={label}
      dir="auto"
      defaultValue={name}
      maxLength={LONGEST}
      onBlur={(event) => onEnd(event.target.value, false)}
      onKeyDown={(event) => {
        const key = keyOf(event.nativeEvent);
        if (key !== 'Enter' && key !== 'Escape') return;
        event.preventDefault(); // or the button that comes back would be pressed
        event.stopPropagation(); // the field is left, and not what it stands in
        onEnd(key === 'Enter' ? event.currentTarget.value : null, true);
      }}
    />
  );
}
