/** Words of four letters or more that say little by themselves. */
const FUNCTION_WORDS = new Set(
  (
    'about after also although among around because been before being between both could does during ' +
    'each even every first from four five have having however into just later like many more most ' +
    'much often only other over same second since some such than that their them then there these ' +
    'they third this those three through under until upon very were what when where which while ' +
    'whose will with within without would'
  ).split(' '),
);

/** Indices of the tokens that are whole words in small letters with a meaning of their own. */
export function contentWords(texts: readonly string[]): number[] {
  const isContent = (i: number) => {
    const isWhole = /^ [a-z]{4,}$/.test(texts[i]) && !/^[a-z]/i.test(texts[i + 1] ?? '');
    return isWhole && !FUNCTION_WORDS.has(texts[i].trim());
  };
  return [...texts.keys()].filter(isContent);
}
