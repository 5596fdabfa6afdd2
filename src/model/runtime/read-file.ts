/**
 * Reads a file of a model folder, by its path from the folder, and reports bytes as they arrive. If `size` is given, the
 * memory for the file is allocated once.
 * @throws EngineError 'network'
 */
export type ReadFile = (
  name: string,
  onBytes: (count: number) => void,
  signal?: AbortSignal,
  size?: number,
) => Promise<ArrayBuffer>;
