/**
 * A bypassed room sends those who have its page open on to the site: by then every gate lets them in, and not all in the
 * same second.
 */
import type { RoomPage } from '../room-page-model.ts';

const notBeforeMs = 3_000;
const withinMs = 10_000;

export type WayOutSurroundings = {
  after: (ms: number, callback: () => void) => () => void;
  random: () => number;
  /** Leaves the page. */
  goTo: (url: string) => void;
};

/** Hears of each change of the page; goes when the room is bypassed, unless it is not any more by then. */
export function wayOut({ after, random, goTo }: WayOutSurroundings): (page: RoomPage) => void {
  let cancel: (() => void) | null = null;
  return ({ room, target }) => {
    const site = target ?? room.targetUrl;
    if (room.state !== 'bypass' || site === null) {
      cancel?.();
      cancel = null;
    } else cancel ??= after(notBeforeMs + random() * withinMs, () => goTo(site));
  };
}
