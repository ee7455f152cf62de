/** Takes tickets through the service, as visitors do, for rows that need many of them. */
import { randomUUID } from 'node:crypto';
import type { BenchStage } from './stage.ts';

const underWayMax = 100;

export type HeldTicket = { ticketId: string; number: number; queueToken: string; kind: string };

/** So many tickets, joined a hundred at a time. Rejects when one is refused. */
export async function takeTickets(
  { roomUrl }: Pick<BenchStage, 'roomUrl'>,
  count: number,
): Promise<HeldTicket[]> {
  const tickets: HeldTicket[] = [];
  let asked = 0;
  const joinInTurn = async (): Promise<void> => {
    while (asked < count) {
      asked += 1;
      const response = await fetch(`${roomUrl}/tickets`, {
        method: 'POST',
        headers: { 'idempotency-key': randomUUID() },
      });
      if (response.status !== 201) throw new Error(`a join was answered ${response.status}`);
      tickets.push((await response.json()) as HeldTicket);
    }
  };
  await Promise.all(Array.from({ length: Math.min(underWayMax, count) }, joinInTurn));
  return tickets;
}

/** wrk's script: the same request with each of these tokens in turn. */
export function tokenScript(
  request: { method: 'GET' | 'POST'; path: string },
  tokens: readonly string[],
): string {
  const { method, path } = request;
  return `
    local requests, next = {}, 0
    local tokens = { ${tokens.map((token) => `'${token}'`).join(', ')} }
    function init()
      for index, token in ipairs(tokens) do
        requests[index] = '${method} ${path} HTTP/1.1\\r\\nHost: room.example.org\\r\\nAuthorization: Bearer ' .. token ..
          '\\r\\n${method === 'POST' ? 'Content-Length: 0\\r\\n' : ''}\\r\\n'
      end
    end
    function request()
      next = next % #requests + 1
      return requests[next]
    end`;
}
