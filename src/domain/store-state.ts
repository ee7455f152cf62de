/** What a store says of itself, each `why` a sentence. */
export type StoreState = (
  | { ready: true }
  /** `isUnfit`: it would lose tickets by itself; whoever starts with it is refused. */
  | { ready: false; why: string; isUnfit?: true }
) & {
  /** Whether the loss of the primary would be survived without an operator; absent where nothing stands in for it. */
  failover?: { ready: true } | { ready: false; why: string };
};
