/** Sessions whose holders showed a pass, renewed: those of one moment in one call to the store. */
import type { Clock } from '../domain/clock.ts';
import { GuichetError } from '../domain/errors.ts';
import { type KeepAliveAnswer, keepAliveGatherMax, type RoomHead } from '../store/queue-store.ts';
import { Gatherer } from './gatherer.ts';
import { passExpiryMs } from './pass-expiry.ts';
import type { Passes } from './passes.ts';
import type { RoomBoard } from './room-board.ts';
import type { RoomLink } from './room-link.ts';

const waitingMax = 20_000;
const callsMax = 2;

type Session = { ticketId: string; number: number };
type Renewed = { answer: KeepAliveAnswer; head: RoomHead; wallBeforeMs: number };

export class SessionRenewals {
  readonly #parts: { link: RoomLink; passes: Passes; clock: Clock };
  readonly #rooms = new WeakMap<RoomBoard, Gatherer<Session, Renewed>>();

  constructor(parts: { link: RoomLink; passes: Passes; clock: Clock }) {
    this.#parts = parts;
  }

  /** The new pass of a session by a pass that was verified; null when it is over. Throws store-unavailable. */
  async renew(board: RoomBoard, session: Session): Promise<string | null> {
    const { answer, head, wallBeforeMs } = await this.#of(board).ask(session);
    if (answer.kind === 'ended') return null;
    const { roomId } = board;
    const { ticketId } = session;
    const expiresAtMs = passExpiryMs({ wallBeforeMs, expiryMs: answer.expiryMs, head, board });
    const subject = { roomId, ticketId, number: answer.number };
    const algorithm = board.room?.policy.passAlgorithm ?? 'ES256';
    return this.#parts.passes.signPass(subject, { algorithm, nowMs: wallBeforeMs, expiresAtMs });
  }

  #of(board: RoomBoard): Gatherer<Session, Renewed> {
    const { link, clock } = this.#parts;
    const { roomId } = board;
    let gatherer = this.#rooms.get(board);
    if (!gatherer) {
      gatherer = new Gatherer<Session, Renewed>({
        batchMax: keepAliveGatherMax,
        callsMax,
        waitingMax,
        refuse: () => new GuichetError('store-unavailable', { retryAfterMs: 5_000 }),
        send: async (sessions) => {
          let wallBeforeMs = clock.wallMs();
          const { head, answer } = await link.call(roomId, (store, cursor) => {
            wallBeforeMs = clock.wallMs();
            return store.keepAlive(roomId, cursor, sessions, 'pass');
          });
          return answer.map((each) => ({ answer: each, head, wallBeforeMs }));
        },
      });
      this.#rooms.set(board, gatherer);
    }
    return gatherer;
  }
}
