/** A release as the origin is told of it: a CloudEvents 1.0 event in structured mode. */
import type { Batch } from '../store/delivery-store.ts';

const releaseEventType = 'guichet.release.v1';
export const releaseEventMediaType = 'application/cloudevents+json; charset=utf-8';

/** The body of the message: made from the batch alone, so it is the same at each try, on each replica. */
export function releaseEvent(roomId: string, batch: Batch): string {
  const { messageId, releaseNumber, releasedAtMs, deadlineMs, tickets, room } = batch;
  return JSON.stringify({
    specversion: '1.0',
    id: messageId,
    source: `/rooms/${roomId}`,
    type: releaseEventType,
    subject: `releases/${releaseNumber}`,
    time: new Date(releasedAtMs).toISOString(),
    datacontenttype: 'application/json',
    data: {
      roomId,
      releaseNumber,
      deadline: new Date(deadlineMs).toISOString(),
      tickets,
      counts: { tickets: tickets.length, ...room },
    },
  });
}
