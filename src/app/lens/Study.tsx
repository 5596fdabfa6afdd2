import { REPOSITORY } from '../repository';

/** Names the study of learned proportions, as a link if the address of the repository is known. */
export function Study() {
  if (!REPOSITORY) return <>docs/study.md</>;
  return (
    <a href={`${REPOSITORY}/blob/HEAD/docs/study.md`} target="_blank" rel="noreferrer">
      docs/study.md
    </a>
  );
}
