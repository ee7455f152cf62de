import type { LiveMessage } from '../../src/web/client/live-messages.ts';
import { waiting } from './room-pages.ts';

/** What a live connection says of someone who waits. */
export function standing(position: number): LiveMessage {
  const view = waiting(position);
  if (view.kind !== 'waiting') throw new Error('not waiting');
  return { type: 'standing', ...view.standing };
}
