/** Visitors brought to a state, on a service whose clock is moved by hand. */
import type { PolicyInput } from '../../src/domain/room.ts';
import type { ManualClock } from './manual-clock.ts';
import { expectStatus, type TestService, type Visitor } from './service.ts';

type TimedService = TestService & { clock: ManualClock };

/** Lets time go by until a look of the visitor answers with this kind. */
function untilKind(service: TimedService, visitor: Visitor, kind: string): Promise<void> {
  return service.clock.until(async () => (await service.look(visitor)).body['kind'] === kind);
}

/** Someone whose turn has come, alone in a room of their own. */
export async function admitted(service: TimedService, policy: PolicyInput = {}): Promise<Visitor> {
  const visitor = await service.join(await service.openRoom(policy));
  await untilKind(service, visitor, 'admitted');
  return visitor;
}

/** Someone inside. */
export async function entered(service: TimedService, policy: PolicyInput = {}): Promise<Visitor> {
  const visitor = await admitted(service, policy);
  expectStatus(await service.act(visitor, 'enter'), 200);
  return visitor;
}

/** Someone who missed their turn. */
export async function lapsed(service: TimedService, policy: PolicyInput = {}): Promise<Visitor> {
  const visitor = await admitted(service, { enterWithinMs: 1_000, ...policy });
  await untilKind(service, visitor, 'lapsed');
  return visitor;
}

/** Someone who gave their ticket up. */
export async function over(service: TestService): Promise<Visitor> {
  const visitor = await service.join(await service.openRoom());
  const path = `/v1/rooms/${visitor.roomId}/ticket`;
  expectStatus(await service.public(path, { method: 'DELETE', bearer: visitor.queueToken }), 204);
  return visitor;
}
