import { RECORD_SIZE } from '../model/sampling/sampling';
import { packUniforms } from './commands';
import type { Machine } from './machine';
import { CANDIDATES, CHUNK, CONTROL, type Plan, RECORD_GROUP, RECORD_SLOTS } from './plan';

/** Readback buffers of the ring: two in flight, one being read. */
export const RING = 3;

/** Size of a stream's sampler settings in numbers, as in sample.wgsl. */
export const SETTING_SIZE = 9;

/** Indices in `rows`, the uniforms of the logits kernel. */
export const ROWS_DECODE = 0;
export const ROWS_LAST = 1;
export const ROWS_GROUPS = 2;

/** All device buffers of a set of streams. Sizes are in numbers of 4 bytes. */
export interface StreamBuffers {
  readonly state: GPUBuffer; // [stream, layer]: S, z, convolution inputs
  readonly words: GPUBuffer; // [stream]: control, seen set, stop tokens
  readonly logits: GPUBuffer; // [stream, vocab]
  readonly candidates: GPUBuffer; // [stream, block, CANDIDATES], pairs
  readonly settings: GPUBuffer; // [stream, SETTING_SIZE]
  readonly activations: GPUBuffer;
  readonly records: GPUBuffer; // [stream, RECORD_SLOTS, RECORD_SIZE]
  readonly layers: GPUBuffer; // uniforms
  readonly rows: GPUBuffer; // uniforms
  readonly groups: GPUBuffer; // uniforms
  readonly chunk: GPUBuffer;
  readonly x: GPUBuffer; // [CHUNK, d], padded like the following
  readonly normalized: GPUBuffer; // [CHUNK, d]
  readonly qkv: GPUBuffer; // [CHUNK, 3d]
  readonly features: GPUBuffer; // [CHUNK, h, features]
  readonly scores: GPUBuffer; // [h, CHUNK, CHUNK]
  readonly attended: GPUBuffer; // [CHUNK, d], grouped by head
  readonly units: GPUBuffer; // [CHUNK, f], grouped by slice
  /** Logits before and after each token of a group, then the logits before the chunk. */
  readonly groupLogits: GPUBuffer;
  readonly groupCandidates: GPUBuffer;
  readonly chunkRecords: GPUBuffer; // [CHUNK, RECORD_SIZE]
  readonly backup: GPUBuffer; // a stream's state before the chunk
  readonly kept: GPUBuffer; // every stream's state and words before a slow token
  readonly ring: readonly GPUBuffer[]; // records and control words of every stream
  readonly snapshots: GPUBuffer; // [stream]: state, logits, seen set
  readonly readRecords: GPUBuffer;
}

export function createStreamBuffers(machine: Machine, plan: Plan, count: number): StreamBuffers {
  const { STORAGE, UNIFORM, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const { vocabSize, hiddenSize: d, heads, layers } = plan.config;
  const storage = (purpose: 'state' | 'scratch') => (label: string, numbers: number) =>
    machine.buffer(purpose, label, 4 * numbers, STORAGE | COPY_SRC | COPY_DST);
  const state = storage('state');
  const scratch = storage('scratch');
  const home = (label: string, numbers: number) =>
    machine.buffer('transfer', label, 4 * numbers, MAP_READ | COPY_DST);
  const uniforms = (label: string, values: number[][]) =>
    machine.buffer('scratch', label, packUniforms(values).byteLength, UNIFORM | COPY_DST, (range) =>
      new Uint32Array(range).set(packUniforms(values)),
    );
  const candidates = plan.blocks * CANDIDATES * 2;
  const groups = Array.from({ length: CHUNK / RECORD_GROUP }, (_, g) => g * RECORD_GROUP);
  const groupRows = RECORD_GROUP + 2;
  return {
    state: state('the state', count * plan.stateSize),
    words: state('control words', count * plan.streamWords),
    logits: state('logits', count * vocabSize),
    candidates: scratch('candidates', count * candidates),
    settings: scratch('settings', count * SETTING_SIZE),
    activations: scratch('activations', count * plan.activations),
    records: scratch('records', count * RECORD_SLOTS * RECORD_SIZE),
    layers: uniforms(
      'layers',
      Array.from({ length: layers }, (_, n) => [n * plan.layerSize, n > 0 ? plan.slices : 0]),
    ),
    rows: uniforms('rows', [
      [0, plan.activations, plan.slices, 0, 1],
      [],
      ...groups.map((start) => [start, plan.width, 0, 1, 0]),
    ]),
    groups: uniforms(
      'groups',
      groups.map((start) => [start]),
    ),
    chunk: scratch('chunk', 2 + 2 * CHUNK),
    x: scratch('x', CHUNK * plan.width),
    normalized: scratch('normalized', CHUNK * plan.width),
    qkv: scratch('qkv', CHUNK * 3 * d),
    features: scratch('features', CHUNK * heads * plan.features),
    scores: scratch('scores', heads * CHUNK * CHUNK),
    attended: scratch('attended', CHUNK * heads * plan.headWidth),
    units: scratch('units', CHUNK * plan.slices * plan.slice),
    groupLogits: scratch('logits of a group', groupRows * vocabSize),
    groupCandidates: scratch('candidates of a group', groupRows * candidates),
    chunkRecords: scratch('records of a chunk', CHUNK * RECORD_SIZE),
    backup: scratch('backup', plan.stateSize),
    kept: scratch('kept', count * (plan.stateSize + plan.streamWords)),
    ring: Array.from({ length: RING }, () =>
      home('ring', count * (RECORD_SLOTS * RECORD_SIZE + CONTROL.SEEN)),
    ),
    snapshots: home('snapshots', count * (plan.stateSize + vocabSize + plan.seenWords)),
    readRecords: home('records of a chunk', CHUNK * RECORD_SIZE),
  };
}
