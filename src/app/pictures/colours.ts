/** Resolves CSS colours of the current theme, with variables, to computed colours. */
export function resolver(): (colour: string) => string {
  const known = new Map<string, string>();
  return (colour) => {
    let found = known.get(colour);
    if (!found) {
      const probe = document.body.appendChild(document.createElement('span'));
      probe.style.color = colour;
      found = getComputedStyle(probe).color;
      probe.remove();
      known.set(colour, found);
    }
    return found;
  };
}
