/**
 * Arrivals whose pass was never shown again: a browser that keeps no cookie goes from the room to the site and back, as
 * often as its visitor presses the button. After a few times it is told why.
 */

/** Arrivals in a row without a pass in between; one may have been a second click, or a page that was stopped. */
const arrivalsMax = 3;
/** Tickets remembered; beyond, the oldest is forgotten. */
const ticketsMax = 10_000;

export class GateArrivals {
  readonly #unshown = new Map<string, number>();

  /** A hand-over of this ticket was redeemed here. Whether its browser seems to keep no cookie. */
  arrived(ticketId: string): boolean {
    const arrivals = (this.#unshown.get(ticketId) ?? 0) + 1;
    this.#unshown.delete(ticketId);
    this.#unshown.set(ticketId, arrivals);
    if (this.#unshown.size > ticketsMax) {
      const [oldest] = this.#unshown.keys();
      if (oldest !== undefined) this.#unshown.delete(oldest);
    }
    return arrivals >= arrivalsMax;
  }

  /** A pass of this ticket was shown. */
  shown(ticketId: string): void {
    if (this.#unshown.size > 0) this.#unshown.delete(ticketId);
  }
}
