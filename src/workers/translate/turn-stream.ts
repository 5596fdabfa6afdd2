import type { Logits, Streams } from '../../model/runtime/backend';
import type { Pace } from '../../model/runtime/pace';
import type { Snapshot } from '../../model/runtime/snapshot';
import {
  Control,
  type Direction,
  directionToken,
  Kind,
  type Sentence,
  tokenKinds,
  Writer,
} from '../../model/text/simultaneous';
import type { Tokenizer } from '../../model/text/tokenizer';
import type { Turn } from '../messages';

/** Most snapshots of a sentence. */
const MOST_SNAPSHOTS = 8;

const KINDS = Object.values(Kind);

/**
 * Translates sentences turn by turn on one stream: greedy, under the rules of simultaneous.ts. It keeps a few evenly
 * spaced snapshots of the sentence that it read last, so its memory is constant.
 */
export class TurnStream {
  private readonly streams: Streams;
  private readonly stream: number;
  private readonly tokenizer: Tokenizer;
  private readonly direction: Direction;
  private readonly kinds: Uint8Array;
  /** The turns that the stream has read. */
  private at: Turn[] = [];
  /** False while the stream is inside a turn. */
  private isAtTurn = false;
  private snapshots: { readonly turns: number; readonly snapshot: Snapshot }[] = [];
  /** Turns between snapshots. */
  private spacing = 1;

  constructor(streams: Streams, stream: number, tokenizer: Tokenizer, direction: Direction) {
    this.streams = streams;
    this.stream = stream;
    this.tokenizer = tokenizer;
    this.direction = direction;
    this.kinds = tokenKinds(tokenizer.bytes);
  }

  /**
   * Writes the turns of a sentence that follow `known`, and yields each. Ends early if the signal aborts.
   * @param known the first turns, as this stream has yielded them
   * @param reads the units read at the end of each turn (turnsOf in simultaneous.ts)
   * @param pace of all sentences, since one may be too short to yield
   */
  async *write(
    { units, over }: Sentence,
    known: readonly Turn[],
    reads: readonly number[],
    signal: AbortSignal,
    pace: Pace,
  ): AsyncGenerator<Turn> {
    await this.moveTo(known, signal);
    const writer = new Writer();
    for (const { written } of known) for (const _ of written) writer.draw(Kind.START);
    for (let turn = known.length; turn < reads.length && !signal.aborted; turn++) {
      const [before, read] = [reads[turn - 1] ?? 0, reads[turn]];
      const isOver = over && read === units.length;
      const tokens: number[] = turn === 0 ? [Control.BOS, directionToken(this.direction)] : [Control.READ];
      for (const unit of units.slice(before, read)) tokens.push(...this.tokenizer.encode(` ${unit}`).ids);
      if (isOver) tokens.push(Control.OVER);
      tokens.push(Control.WRITE);
      writer.draw(Kind.READ);
      writer.read(turn === known.length ? read : read - before, isOver);
      const answer = await this.answer(tokens, writer, signal, pace);
      if (!answer) return;
      const written = answer.map((unit) => this.tokenizer.decode(unit).replace(/^ /, ''));
      const next = { read, over: isOver, written, tokens: [...tokens, ...answer.flat()] };
      this.at.push(next);
      await this.keepSnapshot();
      yield next;
    }
  }

  /** Moves the stream to the end of `turns`, from its present place or the last snapshot before it. */
  private async moveTo(turns: readonly Turn[], signal: AbortSignal): Promise<void> {
    const differing = this.at.findIndex((turn, i) => turn !== turns[i]);
    const common = differing < 0 ? this.at.length : differing;
    if (!this.isAtTurn || common < this.at.length) {
      this.snapshots = this.snapshots.filter((one) => one.turns <= common);
      const last = this.snapshots.at(-1);
      if (!last) this.spacing = 1;
      this.isAtTurn = false;
      await this.streams.restore(last?.snapshot ?? null, this.stream);
      this.at = turns.slice(0, last?.turns ?? 0);
      this.isAtTurn = true;
    }
    const rest = turns.slice(this.at.length);
    if (rest.length === 0) return;
    await this.read(
      rest.flatMap(({ tokens }) => tokens),
      signal,
    );
    this.at = [...turns];
    this.isAtTurn = !signal.aborted;
  }

  /** The tokens of each unit that the model writes after it has read `tokens`; null if the signal aborts. */
  private async answer(
    tokens: readonly number[],
    writer: Writer,
    signal: AbortSignal,
    pace: Pace,
  ): Promise<number[][] | null> {
    const units: number[][] = [];
    for (let next = tokens; ; ) {
      await this.read(next, signal);
      if (pace.isDue) await pace.yield();
      if (signal.aborted) return null;
      const id = this.best(await this.streams.logits(this.stream), writer);
      const kind = this.kinds[id] as Kind;
      writer.draw(kind);
      if (kind === Kind.READ || kind === Kind.END) break;
      if (kind === Kind.START) units.push([id]);
      else units.at(-1)!.push(id);
      next = [id];
    }
    this.isAtTurn = true;
    return units;
  }

  private async read(tokens: readonly number[], signal: AbortSignal): Promise<void> {
    this.isAtTurn = false;
    await this.streams.read(tokens, { stream: this.stream, signal });
  }

  /** The most likely token that the rules allow; the lowest id among ties. */
  private best(logits: Logits, writer: Writer): number {
    const allowed = KINDS.map((kind) => writer.allows(kind));
    let best = -1;
    for (let id = 0; id < logits.length; id++)
      if (allowed[this.kinds[id]] && !(logits[id] <= logits[best])) best = id;
    return best;
  }

  private async keepSnapshot(): Promise<void> {
    const turns = this.at.length;
    if (turns % this.spacing > 0) return;
    this.snapshots.push({ turns, snapshot: await this.streams.snapshot(this.stream) });
    if (this.snapshots.length <= MOST_SNAPSHOTS) return;
    this.spacing *= 2;
    this.snapshots = this.snapshots.filter((one) => one.turns % this.spacing === 0);
  }
}
