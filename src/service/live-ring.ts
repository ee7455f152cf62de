/**
 * Rings that may change while the service runs. Whoever signs or verifies asks for the ring at each use and keeps what
 * it worked out from it until another ring is there: a rotation is seen by the very next token and costs nothing else.
 */

/** The ring as it is now; the same object until the keys change. */
export type Live<Ring> = () => Ring;

/** What `derive` makes of the present ring, made again only when the ring is another object. */
export function derivedFrom<Ring, Derived>(ring: Live<Ring>, derive: (ring: Ring) => Derived): () => Derived {
  let derivedOf = ring();
  let derived = derive(derivedOf);
  return () => {
    const present = ring();
    if (present !== derivedOf) {
      derived = derive(present);
      derivedOf = present;
    }
    return derived;
  };
}
