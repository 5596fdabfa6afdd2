/** Replaces a UTF-16 range with typed text. */
export interface Change {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** The shortest replacement that turns `old` into `now`. */
export function changeBetween(old: string, now: string): Change {
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old.charCodeAt(head) === now.charCodeAt(head)) head++;
  let tail = 0;
  while (
    tail < shorter - head &&
    old.charCodeAt(old.length - 1 - tail) === now.charCodeAt(now.length - 1 - tail)
  )
    tail++;
  return { from: head, to: old.length - tail, insert: now.slice(head, now.length - tail) };
}
