import { useEffect, useRef, useState } from 'react';
import { keyOf } from '../../keyboard/chord';

/** State of a rename button that a name field replaces; after Enter or Escape the button gets the focus back. */
export function useNaming(onNamed: (words: string) => void) {
  const [state, setState] = useState<'not' | 'now' | 'done'>('not');
  return {
    isNaming: state === 'now',
    begin: () => setState('now'),
    end: (words: string | null, byKey: boolean) => {
      setState(byKey ? 'done' : 'not');
      if (words !== null) onNamed(words);
    },
    /** The button's ref. */
    ref: state === 'done' ? focus : undefined,
  };
}

const focus = (button: HTMLButtonElement | null) => button?.focus();

const LONGEST = 60;

/** A field for a name. Enter and blur apply the name, Escape discards it. */
export function NameField({
  label,
  name,
  className,
  onEnd,
}: {
  label: string;
  name: string;
  className?: string;
  /** Gets null if the name stays. */
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
        event.preventDefault(); // or the key would press the button that reappears
        event.stopPropagation(); // or Escape would also close the card around the field
        onEnd(key === 'Enter' ? event.currentTarget.value : null, true);
      }}
    />
  );
}
