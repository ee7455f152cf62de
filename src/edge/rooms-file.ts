/** The rooms file: `{roomId: policy}`, rooms to make sure of at start. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { completePolicy, isRoomId, type PolicyInput } from '../domain/room.ts';
import { policySchema } from './policy-schema.ts';

const roomsFile = z.record(z.string().refine(isRoomId, 'must be a room id'), policySchema);

/** Reads and checks the file; throws Error with every problem in it. */
export function parseRoomsFile(path: string): Map<string, PolicyInput> {
  const parsed = roomsFile.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`The rooms file cannot be used:\n${z.prettifyError(parsed.error)}`);
  const rooms = new Map(Object.entries(parsed.data));
  for (const [roomId, input] of rooms) completePolicy(roomId, input);
  return rooms;
}
