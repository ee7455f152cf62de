/** One request for each route that changes something, of rooms and tickets made so that it is taken. */
import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import type { PolicyInput } from '../../src/domain/room.ts';
import { deskOf } from './desk.ts';
import { expectStatus, type Scope, type TestService, type Visitor } from './service.ts';
import type { Answer } from './wire-client.ts';

/** `route`: as in the API documents. Asked again it is the same request. */
export type Change = { route: string; ask: () => Promise<Answer> };

const targetUrl = 'https://ville.example.org/natation';
/** Nobody is there, and nothing is sent. */
const delivery = { url: 'http://127.0.0.1:9/', holdAfterMs: 10_000, giveUpAfterMs: 20_000 };
const turnWithinMs = 15_000;

/** The service needs a mail server. */
export async function everyChange(service: TestService): Promise<Change[]> {
  const lists = [visitorsChanges, originsChanges, roomsChanges, otherChanges].map((list) => list(service));
  return (await Promise.all(lists)).flat();
}

const until = (service: TestService, visitor: Visitor, kind: string): Promise<void> =>
  vi.waitFor(
    async () => {
      const { body } = await service.look(visitor);
      if (body['kind'] !== kind) throw new Error(`${String(body['kind'])}, not ${kind}`);
    },
    { timeout: turnWithinMs, interval: 100 },
  );

async function admitted(service: TestService, policy: PolicyInput = {}): Promise<Visitor> {
  const visitor = await service.join(await service.openRoom({ targetUrl, ...policy }));
  await until(service, visitor, 'admitted');
  return visitor;
}

async function visitorsChanges(service: TestService): Promise<Change[]> {
  const waiting = async (): Promise<Visitor> => service.join(await service.makeRoom());
  const [entering, extending, leaving, missed] = await Promise.all([
    admitted(service),
    admitted(service),
    admitted(service),
    admitted(service, { enterWithinMs: 1_000 }),
  ]);
  await until(service, missed, 'lapsed');
  const [withCode, moving, wishing, withdrawing] = [
    await waiting(),
    await waiting(),
    await waiting(),
    await waiting(),
  ];
  const at = (visitor: Visitor, method: string, path: string, body?: unknown): Change => ({
    route: `${method} /v1/rooms/{roomId}${path}`,
    ask: () =>
      service.public(`/v1/rooms/${visitor.roomId}${path}`, { method, bearer: visitor.queueToken, body }),
  });
  const wish = { address: 'camille@example.org', underMinutes: 5 };
  expectStatus(await at(withdrawing, 'PUT', '/ticket/email', wish).ask(), 200);
  const offered = await at(moving, 'POST', '/ticket/code').ask();
  const roomId = await service.openRoom();
  const [joinKey, moveKey] = [{ 'idempotency-key': randomUUID() }, { 'idempotency-key': randomUUID() }];
  return [
    {
      route: 'POST /v1/rooms/{roomId}/tickets',
      ask: () => service.public(`/v1/rooms/${roomId}/tickets`, { method: 'POST', headers: joinKey }),
    },
    {
      route: 'POST /v1/rooms/{roomId}/tickets/resume',
      ask: () =>
        service.public(`/v1/rooms/${moving.roomId}/tickets/resume`, {
          method: 'POST',
          body: { code: offered.body['code'] },
          headers: moveKey,
        }),
    },
    at(entering, 'POST', '/ticket/enter'),
    at(extending, 'POST', '/ticket/extend', { extension: 1 }),
    at(missed, 'POST', '/ticket/return'),
    at(leaving, 'DELETE', '/ticket'),
    at(withCode, 'POST', '/ticket/code'),
    at(wishing, 'PUT', '/ticket/email', wish),
    at(withdrawing, 'DELETE', '/ticket/email'),
  ];
}

async function originsChanges(service: TestService): Promise<Change[]> {
  const entered = async (): Promise<Visitor & { handOver: string }> => {
    const visitor = await admitted(service);
    const { body } = await service.act(visitor, 'enter');
    const handOver = new URL(body['redirectUrl'] as string).searchParams.get('guichet') ?? '';
    return { ...visitor, handOver };
  };
  const [carrying, staying, finishing] = await Promise.all([entered(), entered(), entered()]);
  const at = ({ roomId, ticketId }: Visitor, route: string, body: unknown = {}): Change => {
    const headers = { 'idempotency-key': randomUUID() };
    const path = `/v1/rooms/${roomId}${route.replace('{ticketId}', ticketId)}`;
    return {
      route: `POST /v1/rooms/{roomId}${route}`,
      ask: () => service.internal(path, { method: 'POST', as: 'origin', body, headers }),
    };
  };
  return [
    at(carrying, '/passes/redeem', { handOver: carrying.handOver }),
    at(staying, '/sessions/{ticketId}/keep-alive'),
    at(finishing, '/sessions/{ticketId}/finish', { outcome: 'completed', placesUsed: 1 }),
  ];
}

async function roomsChanges(service: TestService): Promise<Change[]> {
  const at = async (
    method: string,
    path: string,
    body?: unknown,
    roomId = service.openRoom(),
  ): Promise<Change> => {
    const address = `/v1/rooms/${await roomId}${path}`;
    return {
      route: `${method} /v1/rooms/{roomId}${path}`,
      ask: () => service.internal(address, { method, body }),
    };
  };
  const noticed = await at('DELETE', '/notice');
  const notice = await at('PUT', '/notice', { notice: { fr: 'Midi.', en: 'Noon.' } });
  const paused = await service.openRoom();
  expectStatus(await service.internal(`/v1/rooms/${paused}/pause`, { method: 'POST' }), 200);
  return [
    await at('PUT', '', { capacity: 7 }),
    await at('PATCH', '', { capacity: 7 }),
    await at('DELETE', ''),
    await at('POST', '/open', undefined, service.makeRoom()),
    await at('POST', '/pause'),
    await at('POST', '/resume', undefined, Promise.resolve(paused)),
    await at('POST', '/drain'),
    await at('POST', '/close'),
    await at('POST', '/bypass'),
    await at('PATCH', '/admission', { capacity: 7 }),
    notice,
    noticed,
    await at(
      'POST',
      '/delivery/dead-letters/resend',
      { ids: ['1764000000000-0'] },
      service.openRoom({ delivery }),
    ),
  ];
}

async function otherChanges(service: TestService): Promise<Change[]> {
  const roomId = await service.openRoom();
  const { keyId } = await service.makeKey('viewer');
  const assistKey = { 'idempotency-key': randomUUID() };
  const proposal = async (verb: 'confirm' | 'withdraw', as: Scope): Promise<Change> => {
    const proposed = await service.makeRoom({ secondPersonFor: ['open'] });
    const open = { method: 'POST', as: 'operator' } as const;
    const answer = await service.internal(`/v1/rooms/${proposed}/open`, open);
    expectStatus(answer, 202);
    const { proposalId } = answer.body['proposal'] as { proposalId: string };
    const path = `/v1/rooms/${proposed}/proposals/${proposalId}/${verb}`;
    return {
      route: `POST /v1/rooms/{roomId}/proposals/{proposalId}/${verb}`,
      ask: () => service.internal(path, { method: 'POST', as }),
    };
  };
  return [
    {
      route: 'POST /v1/rooms/{roomId}/tickets',
      ask: () => deskOf(service).assist(roomId, { headers: assistKey }),
    },
    {
      route: 'POST /v1/keys',
      ask: () => service.internal('/v1/keys', { method: 'POST', body: { name: 'desk', scope: 'viewer' } }),
    },
    {
      route: 'DELETE /v1/keys/{keyId}',
      ask: () => service.internal(`/v1/keys/${keyId}`, { method: 'DELETE' }),
    },
    await proposal('confirm', 'admin'),
    await proposal('withdraw', 'operator'),
  ];
}
