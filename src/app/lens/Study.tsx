/** The address of the repository, if the site was built with it (REPOSITORY_URL). */
const REPOSITORY: string = import.meta.env.REPOSITORY_URL ?? '';

/** Names the study of learned proportions, as a link if the address of the repository is known. */
export function Study() {
  if (!REPOSITORY) return <>docs/study.md</>;
  return (
    <a href={`${REPOSITORY.replace(/\/$/, '')}/blob/HEAD/docs/study.md`} target="_blank" rel="noreferrer">
      docs/study.md
    </a>
  );
}
