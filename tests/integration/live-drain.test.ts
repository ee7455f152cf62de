import { expect, test } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { serviceForTest } from '../support/service.ts';

test('a replica that stops gives all sockets one window, which opens when the last of them has been told', async () => {
  const service = await serviceForTest({ clock: new ManualClock() });
  const { roomId, queueToken } = await service.join(await service.openRoom({ capacity: 0 }));
  const clients = await Promise.all(Array.from({ length: 600 }, () => service.live(roomId, { queueToken })));
  await Promise.all(clients.map((client) => client.next('standing')));
  await service.close();
  expect(new Set(await Promise.all(clients.map(({ closed }) => closed)))).toEqual(new Set([1012]));
  const byes = clients.flatMap((client) => client.heard('bye'));
  expect(byes).toHaveLength(600);
  expect(new Set(byes.map(({ withinMs }) => withinMs))).toEqual(new Set([5_000]));
  // 0.25 ms for each; those of the second slice are told 20 ms later.
  const told = (afterMs: number): number => byes.filter((bye) => bye['afterMs'] === afterMs).length;
  expect([told(150), told(130)]).toEqual([500, 100]);
}, 60_000);
