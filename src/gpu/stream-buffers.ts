import { ALTERNATIVES, RECORD_SIZE } from '../model/sampling/records';
import { packUniforms } from './commands';
import type { Machine } from './machine';
import { CHUNK, CONTROL, type Plan, RECORD_GROUP, RECORD_SLOTS } from './plan';
import { pack, sizeOf } from './structs';

/** Readback buffers of decoding: two in submissions, one being read. */
export const RING = 3;

/** Indices in `rows`, the uniforms of the logits kernel. */
export const ROWS_DECODE = 0;
export const ROWS_LAST = 1;
export const ROWS_GROUPS = 2;

/** All device buffers of a set of streams. Sizes are in numbers of 4 bytes. */
export interface StreamBuffers {
  readonly state: GPUBuffer; // [stream, layer]: S, z, convolution inputs
  readonly control: GPUBuffer; // [stream]: control words, seen set, stop tokens
  readonly logits: GPUBuffer; // [stream, vocab]
  readonly candidates: GPUBuffer; // [stream, block, ALTERNATIVES], pairs
  readonly settings: GPUBuffer; // [stream], Settings of structs.ts
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
  readonly savedState: GPUBuffer; // a stream's state before the chunk
  readonly savedStates: GPUBuffer; // every stream's state and control words before a slow token
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
  const readback = (label: string, numbers: number) =>
    machine.buffer('transfer', label, 4 * numbers, MAP_READ | COPY_DST);
  const uniforms = (label: string, values: Uint32Array[]) =>
    machine.buffer('scratch', label, packUniforms(values).byteLength, UNIFORM | COPY_DST, (range) =>
      new Uint32Array(range).set(packUniforms(values)),
    );
  const candidates = plan.blocks * ALTERNATIVES * 2;
  const groups = Array.from({ length: CHUNK / RECORD_GROUP }, (_, g) => g * RECORD_GROUP);
  const groupRows = RECORD_GROUP + 2;
  return {
    state: state('the state', count * plan.stateSize),
    control: state('control words', count * plan.controlWords),
    logits: state('logits', count * vocabSize),
    candidates: scratch('candidates', count * candidates),
    settings: scratch('settings', count * sizeOf('Settings')),
    activations: scratch('activations', count * plan.activations),
    records: scratch('records', count * RECORD_SLOTS * RECORD_SIZE),
    layers: uniforms(
      'layers',
      Array.from({ length: layers }, (_, n) =>
        pack('Layer', { state: n * plan.layerSize, partials: n > 0 ? plan.slices : 0 }),
      ),
    ),
    rows: uniforms('rows', [
      pack('Rows', { x: 0, x_stride: plan.activations, partials: plan.slices, to: 0, are_streams: 1 }),
      new Uint32Array(), // ROWS_LAST: Prefill writes it
      ...groups.map((start) =>
        pack('Rows', { x: start, x_stride: plan.paddedWidth, partials: 0, to: 1, are_streams: 0 }),
      ),
    ]),
    groups: uniforms(
      'groups',
      groups.map((start) => pack('Group', { start })),
    ),
    chunk: scratch('chunk', 2 + 2 * CHUNK),
    x: scratch('x', CHUNK * plan.paddedWidth),
    normalized: scratch('normalized', CHUNK * plan.paddedWidth),
    qkv: scratch('qkv', CHUNK * 3 * d),
    features: scratch('features', CHUNK * heads * plan.features),
    scores: scratch('scores', heads * CHUNK * CHUNK),
    attended: scratch('attended', CHUNK * heads * plan.paddedHeadWidth),
    units: scratch('units', CHUNK * plan.slices * plan.slice),
    groupLogits: scratch('logits of a group', groupRows * vocabSize),
    groupCandidates: scratch('candidates of a group', groupRows * candidates),
    chunkRecords: scratch('records of a chunk', CHUNK * RECORD_SIZE),
    savedState: scratch('a saved state', plan.stateSize),
    savedStates: scratch('saved states', count * (plan.stateSize + plan.controlWords)),
    ring: Array.from({ length: RING }, () =>
      readback('ring', count * (RECORD_SLOTS * RECORD_SIZE + CONTROL.SEEN)),
    ),
    snapshots: readback('snapshots', count * (plan.stateSize + vocabSize + plan.seenWords)),
    readRecords: readback('records of a chunk', CHUNK * RECORD_SIZE),
  };
}
