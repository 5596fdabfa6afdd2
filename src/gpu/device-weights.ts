/** The weights on the device. */
export interface DeviceWeights {
  readonly embedding: GPUBuffer;
  /** Final norm, scales of the embedding, sinusoids. */
  readonly modelVectors: GPUBuffer;
  readonly layers: readonly {
    readonly qkv: GPUBuffer;
    readonly projection: GPUBuffer;
    readonly up: GPUBuffer;
    readonly down: GPUBuffer;
    readonly vectors: GPUBuffer;
  }[];
}
