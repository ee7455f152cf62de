/** Who acts on the internal listener: the holder of an API key, or the room by itself. */

export const scopes = ['viewer', 'operator', 'admin', 'origin'] as const;
/** What an API key may do; see `includedScopes`. */
export type Scope = (typeof scopes)[number];

/** A viewer reads; an operator also steers; an admin may do everything; an origin's key serves its sessions. */
const includedScopes: { readonly [scope in Scope]: readonly Scope[] } = {
  viewer: ['viewer'],
  operator: ['viewer', 'operator'],
  origin: ['origin'],
  admin: ['viewer', 'operator', 'admin', 'origin'],
};

/** Whose key a request carries. */
export type KeyHolder = {
  keyId: string;
  /** As its maker called it: a person or a system. */
  name: string;
  scope: Scope;
  /** The rooms that the key is for; null: all. */
  roomIds: readonly string[] | null;
};

/** Who did something, as the audit names them. `keyId` null: the room itself, by its schedule or because it was empty. */
export type Actor = { keyId: string | null; name: string };

/** The room itself. */
export const roomItself: Actor = { keyId: null, name: 'room' };

/** Whether whoever has one scope has the other. */
export function includesScope(scope: Scope, other: Scope): boolean {
  return includedScopes[scope].includes(other);
}

/** Whether the holder may do what needs `scope`, in this room; without a room: in all. */
export function mayAct({ scope, roomIds }: KeyHolder, needed: Scope, roomId: string | null): boolean {
  if (!includesScope(scope, needed)) return false;
  return roomIds === null || (roomId !== null && roomIds.includes(roomId));
}
