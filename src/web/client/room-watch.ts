/**
 * Keeps the page of someone without a number up to date: the room's public state, asked for now and then. It costs the
 * store nothing, and those who came early together do not ask together.
 */
import { type PageRoom, placesAsOf, type RoomPage } from '../room-page-model.ts';

const askEveryMs = 20_000;

/** What anyone may read of a room; `asOf` is when the figures were true, `now` the server's clock. */
export type PublicRoom = Pick<
  PageRoom,
  | 'name'
  | 'languages'
  | 'timeZone'
  | 'targetUrl'
  | 'enterWithinMs'
  | 'state'
  | 'reason'
  | 'notice'
  | 'joinFrom'
  | 'opensAt'
  | 'closesAt'
  | 'waiting'
> & { placesLeft: number | null; asOf: string | null; now: string };

export type RoomWatchSurroundings = {
  /** The room as it is now; null: it does not answer. */
  ask: () => Promise<PublicRoom | null>;
  after: (ms: number, callback: () => void) => () => void;
  random: () => number;
};

/** Asks until the answer is called; `heard` gets each answer, and null when there is none. */
export function watchRoom(
  surroundings: RoomWatchSurroundings,
  heard: (room: PublicRoom | null) => void,
): () => void {
  const { ask, after, random } = surroundings;
  let isOver = false;
  let cancel = (): void => {};
  const next = (): void => {
    if (isOver) return;
    cancel = after(askEveryMs * (0.75 + 0.5 * random()), () => {
      void ask()
        .then((room) => isOver || heard(room))
        .finally(next);
    });
  };
  next();
  return () => {
    isOver = true;
    cancel();
  };
}

/** The page with the room as it is now; a refusal for want of places is over when there are some. */
export function withRoom(page: RoomPage, { placesLeft, asOf, now: _now, ...changed }: PublicRoom): RoomPage {
  const [known, heard] = [page.room.placesLeft, placesAsOf(placesLeft, asOf)];
  // A replica that has not heard of the store for a while knows less than this page.
  const places = known !== null && heard !== null && heard.asOf < known.asOf ? known : heard;
  const isOutdated = page.problem?.code === 'no-places-left' && places?.count !== 0;
  return {
    ...page,
    problem: isOutdated ? null : page.problem,
    room: { ...page.room, ...changed, placesLeft: places },
  };
}
