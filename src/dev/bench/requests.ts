/** Requests as bytes, for loads that this process sends itself. */
import { randomBytes } from 'node:crypto';

/** A join with a key never used before, at each call. */
export function joinRequests(roomId: string): () => string {
  const run = randomBytes(4).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return (
      `POST /v1/rooms/${roomId}/tickets HTTP/1.1\r\nHost: room.example.org\r\n` +
      `Idempotency-Key: ${run}-0000-4000-8000-${count.toString(16).padStart(12, '0')}\r\nContent-Length: 0\r\n\r\n`
    );
  };
}

/** A look with each of the tokens in turn. */
export function lookRequests(roomId: string, tokens: readonly string[]): (number: number) => string {
  const requests = tokens.map(
    (token) =>
      `GET /v1/rooms/${roomId}/ticket HTTP/1.1\r\nHost: room.example.org\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  return (number) => requests[number % requests.length] as string;
}
