/** What a manifest states about a file. */
export interface ExpectedFile {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  /** @throws EngineError unless a file has this size and this SHA-256. A reader that keeps copies checks them with it. */
  check(file: ArrayBuffer): Promise<void>;
}

/**
 * Reads a file of a model folder, by its path from the folder, and reports bytes as they arrive. If the file is known, the
 * memory for it is allocated once, and a reader may keep it by its digest.
 * @throws EngineError 'network'
 */
export type ReadFile = (
  name: string,
  onBytes: (count: number) => void,
  signal?: AbortSignal,
  expected?: ExpectedFile,
) => Promise<ArrayBuffer>;
