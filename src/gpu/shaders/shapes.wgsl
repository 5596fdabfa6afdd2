// Shapes of the model and of its buffers, the same in every kernel; plan.ts fills them in from the configuration.
// Padded counts are rounded up to 16, so that a row of activations is whole blocks of weights in every precision.

override WORKGROUP: u32;        // threads a workgroup, a multiple of 16

override D: u32;                // hidden size
override D_PADDED: u32;
override HEADS: u32;
override E: u32;                // head width
override E_PADDED: u32;
override STATE_ROWS: u32;       // rows of S and z a head: 2e, or e without re-weighting
override F: u32;                // hidden units of the MLP
override SLICE: u32;            // of which one workgroup of a decoding step owns this many, a multiple of 16
override SLICES: u32;
override VOCAB: u32;
override BOS: u32;              // <|endoftext|>

override EPS: f32;              // inside every rms
override EMBEDDING_SCALE: f32;
override SINUSOIDAL: bool;
override REWEIGHTING: u32;      // NONE, STATIC or LEAP
override STATIC_LENGTH: f32;
override PROPORTION_HIDDEN: u32;
override RMS: bool;             // the normalizer: rms, or the denominator
override FLOOR: f32;            // of the denominator
override DECAY: bool;
override CONVOLUTION: bool;

const NONE = 0u;
const STATIC = 1u;
const LEAP = 2u;

// The state of a stream: LAYER_SIZE numbers a layer, S [h, STATE_ROWS, e], z [h, STATE_ROWS], inputs [3, 3d].
override Z_AT: u32;
override INPUTS_AT: u32;
override STATE_SIZE: u32;

// `vectors` of a layer: offsets, in numbers, of its small tensors and of the scales of its int8 rows.
override ATTENTION_NORM_AT: u32;
override MLP_NORM_AT: u32;
override OUTPUT_NORM_AT: u32;
override TAPS_AT: u32;
override DECAY_AT: u32;         // rows of D_PADDED
override DECAY_BIAS_AT: u32;
override PROPORTION_AT: u32;    // query's, then key's, PROPORTION_SIZE numbers each:
override PROPORTION_SIZE: u32;  // hidden [PROPORTION_HIDDEN, e], then their biases, output weights, output bias
override QKV_SCALE_AT: u32;
override OUTPUT_SCALE_AT: u32;
override UP_SCALE_AT: u32;
override DOWN_SCALE_AT: u32;

// `vectors` of the model's two ends: final norm at 0, then
override EMBEDDING_SCALES_AT: u32;
override SINUSOID_AT: u32;      // one vec4 a frequency

// A stream's words in `streams`: control, the article's tokens as a set, the last ones (src/model/seen.ts), stop tokens as a set.
override STREAM_STRIDE: u32;
override STOPS_AT: u32;
override SET_WORDS: u32;
override RECENT_AT: u32;
const REACH = 512u;             // tokens kept, the newest first; BOS where there is none
const LONGEST = 16u;            // sequence of them that counts
const TOKEN = 0u;               // the token under way, or the last one read
const POSITION = 1u;            // its position, counted from 0 at <|endoftext|>; 2^32 - 1 before the first
const LENGTH = 2u;              // tokens read: also the number of the next draw
const REMAINING = 3u;           // tokens still to write
const RUNS = 4u;                // 1 while a token is under way: the other kernels leave a finished stream untouched
const STOPPED = 5u;             // 1 once a stop token was drawn
const SEEN_AT = 8u;

// A stream's decoding activations: residual, residual after attention, partial sums of the heads, of the slices, scores.
override ACTIVATIONS: u32;      // numbers a stream
override SCORES_AT: u32;
override RECORD_SLOTS: u32;     // records kept a stream: of the draw n at n mod RECORD_SLOTS

const CANDIDATES = 10u;         // likeliest tokens kept of each block of the vocabulary, and of all of it
override CANDIDATE_BLOCK: u32;
override CANDIDATE_BLOCKS: u32;
override BLOCKS_A_GROUP: u32;   // that one workgroup of logits.wgsl takes one after the other
const RECORD_SIZE = 34u;

const CHUNK = 64u;              // tokens that prefill reads at once
override FEATURES: u32;         // numbers of one head of one token: q~, k~, v, a, Pq, Pk
