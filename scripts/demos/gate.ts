const END = 0.1; // a proportion of at most this, or at least 1 - END, is at an end

/** A head whose queries have proportions at one end and whose keys at the other, so that its re-weighting depends on the key. */
export interface Gate {
  /** Parts of the tokens whose query and key are at their ends. */
  readonly queries: number;
  readonly keys: number;
  /** The end of the queries: 1 or 0. */
  readonly end: number;
  /** The token after the first whose key the last query re-weights most, and its factor relative to the median token's. */
  readonly token: number;
  readonly ratio: number;
}

/** @param query proportions of the queries, one per token; key: of the keys */
export function gateOf(query: ArrayLike<number>, key: ArrayLike<number>): Gate {
  const [q, k] = [Array.from(query), Array.from(key)];
  const part = (all: number[], end: number) =>
    all.filter((p) => Math.abs(p - end) <= END).length / all.length;
  const end = part(q, 1) > part(q, 0) ? 1 : 0;
  const factors = k.map((p) => Math.cos((Math.PI / 2) * (q.at(-1)! - p)));
  const median = factors.toSorted((a, b) => a - b)[factors.length >> 1];
  const most = Math.max(...factors.slice(1));
  return {
    queries: part(q, end),
    keys: part(k, 1 - end),
    end,
    token: factors.indexOf(most, 1),
    ratio: most / median,
  };
}
