/** What replicas tell each other of themselves, for people who look after them. */

/** A replica tells of itself this often. */
export const replicaBeatMs = 2_000;
/** One that was not heard of for this long is gone. */
export const replicaGoneMs = 30_000;
/** Replicas that are kept track of; more are not told of. */
export const replicasMax = 200;
/** Rooms that a replica names, those with most sockets first. */
export const replicaRoomsMax = 200;

export type Replica = {
  /** Host name and some random digits: another after each start. */
  replicaId: string;
  version: string;
  /** Live connections in all, and by room. */
  sockets: number;
  rooms: { [roomId: string]: number };
};

/** A replica, and when the store last heard of it, wall ms. */
export type HeardReplica = Replica & { heardAtMs: number };
