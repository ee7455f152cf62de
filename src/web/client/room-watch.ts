/**
 * Keeps the page of someone without a number up to date: the room's public state, asked for now and then. It costs the
 * store nothing, and those who came early together do not ask together.
 */
import type { PageRoom, RoomPage } from '../room-page-model.ts';

const askEveryMs = 20_000;

/** What anyone may read of a room. */
export type PublicRoom = Pick<
  PageRoom,
  'state' | 'reason' | 'notice' | 'joinFrom' | 'opensAt' | 'waiting'
> & { placesLeft: number | null };

export type RoomWatchSurroundings = {
  /** The room as it is now; null: it does not answer. */
  ask: () => Promise<PublicRoom | null>;
  after: (ms: number, callback: () => void) => void;
  random: () => number;
};

/** Asks for good; `heard` gets each answer, and null when there is none. */
export function watchRoom(
  surroundings: RoomWatchSurroundings,
  heard: (room: PublicRoom | null) => void,
): void {
  const { ask, after, random } = surroundings;
  const next = (): void => {
    after(askEveryMs * (0.75 + 0.5 * random()), () => {
      void ask().then(heard).finally(next);
    });
  };
  next();
}

/** The page with the room as it is now. */
export function withRoom(page: RoomPage, { placesLeft, ...changed }: PublicRoom): RoomPage {
  const asOf = new Date(page.nowMs).toISOString();
  const places = placesLeft === null ? null : { count: placesLeft, asOf };
  return { ...page, room: { ...page.room, ...changed, placesLeft: places } };
}
