/** What a life of a room under faults writes down besides what visitors and the site do (rush-history.ts). */
import type { Fault } from './chaos-schedule.ts';
import type { RushRecord } from './rush-history.ts';
import type { Interval } from './rush-presence.ts';

/** What a replica said of its newest confirmed frame when asked from the hub; `asOf` null: it did not answer. */
export type FrameSample = { t: number; node: number; asOf: number | null };

/** While it lasted, whoever was at that place, and whoever was served by that replica, may not have been heard. */
export type Disturbance = Interval & { place: string | null; node: number | null };

/** One fault as it was played. `until`: the blow was taken back; `wholeAt`: Redis had its replicas again. */
export type PlayedFault = {
  fault: Fault;
  /** Whom it befell. */
  on: string;
  /** Of a cut of the master: visitors waiting and replicas of the service on its side, and on the other. */
  sides: { withMaster: Clients; others: Clients } | null;
  from: number;
  until: number;
  wholeAt: number;
  disturbances: Disturbance[];
};

export type Clients = { visitors: number; replicas: number };

/** Everything the verdict of a life may look at. */
export type ChaosRecord = Pick<RushRecord, 'visitors' | 'policy' | 'history' | 'origin'> & {
  /** The name of the place of each visitor. */
  placeOf: readonly string[];
  replicas: number;
  /** When the store's clock stepped, by the visitors', and by how many ms; null: it did not. */
  step: { at: number; byMs: number } | null;
  samples: readonly FrameSample[];
  faults: readonly PlayedFault[];
  /** How many faults were to be played. */
  drawn: number;
  /** From an answered pause to the asking for its end. */
  paused: readonly Interval[];
  /** The crowd was ended at this time, with some still under way; null: all were through. */
  stoppedAt: number | null;
};
