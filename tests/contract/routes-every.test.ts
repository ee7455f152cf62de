/**
 * What holds of every route that the API documents name, by what they say of it: also of one that was added since, which
 * still needs tests of its own for what it does and for the values that it takes.
 */
import { describe, expect, test } from 'vitest';
import { type Described, documentOf, type ListenerName, operationsOf } from '../support/api-documents.ts';
import { expectProblem } from '../support/problems.ts';
import { scopes, useService } from '../support/service.ts';

const withMail = { GUICHET_SMTP_URL: 'smtp://127.0.0.1:9', GUICHET_MAIL_FROM: 'attente@example.org' };
const service = useService('memory', 41, withMail);

const described = (listener: ListenerName): Described[] => operationsOf(documentOf(service.app, listener));

/** The address, of a room that may be and is not there. */
function addressOf({ path, operation }: Described, roomId = 'no-such-room'): string {
  const { parameters = [] } = operation;
  const example = (name: string): string => {
    const found = parameters.find((parameter) => parameter.name === name)?.schema.examples?.[0];
    return typeof found === 'string' ? found : '1';
  };
  return path.replace(/\{(\w+)\}/g, (_, name: string) =>
    name === 'roomId' ? roomId : name === 'ticketId' ? crypto.randomUUID() : example(name),
  );
}

/** Nothing in it but the address can be wrong. */
function takesAddressOnly({ path, operation: { requestBody, parameters = [] } }: Described): boolean {
  const others = parameters.filter(({ in: place }) => place !== 'path');
  return path.includes('{roomId}') && requestBody === undefined && others.length === 0;
}

describe('every route of the internal listener that a key opens', () => {
  test('is refused without a key, and with one that nobody has', async () => {
    for (const one of described('internal').filter(({ operation }) => operation.security?.length)) {
      const { method } = one;
      expectProblem(await service.internal(addressOf(one), { method, bearer: undefined }), 'key-missing');
      expectProblem(await service.internal(addressOf(one), { method, bearer: 'nobody' }), 'key-missing');
    }
  });

  test('is refused with a key of a scope that does not include its own', async () => {
    for (const one of described('internal')) {
      const needed = one.operation.security?.[0]?.['apiKey']?.[0];
      if (needed === undefined) continue;
      const others = scopes.filter((scope) =>
        needed === 'origin'
          ? scope === 'viewer' || scope === 'operator'
          : scope === 'origin' ||
            (needed === 'admin' && scope !== 'admin') ||
            (needed === 'operator' && scope === 'viewer'),
      );
      expect(others.length, one.route).toBeGreaterThan(0);
      for (const as of others)
        expectProblem(await service.internal(addressOf(one), { method: one.method, as }), 'key-forbidden');
    }
  });

  test('refuses a room id that can be none', async () => {
    for (const one of described('internal').filter(takesAddressOnly))
      expectProblem(
        await service.internal(addressOf(one, 'No_Room'), { method: one.method }),
        'request-invalid',
      );
  });
});

describe('every route of the public listener', () => {
  const inRooms = (): Described[] => described('public').filter(({ path }) => path.startsWith('/v1/rooms/'));
  const bodyOf = ({ operation }: Described): unknown =>
    Object.values(operation.requestBody?.content['application/json']?.examples ?? {})[0]?.value;

  test('refuses a page of another site that the room does not name', async () => {
    const roomId = await service.openRoom();
    for (const one of inRooms()) {
      const question = {
        method: one.method,
        body: bodyOf(one),
        headers: { origin: 'https://other.example' },
      };
      expectProblem(await service.public(addressOf(one, roomId), question), 'origin-forbidden');
    }
  });

  test('refuses whoever shows no queue token, or one that is none, where it asks for one', async () => {
    const roomId = await service.openRoom();
    for (const one of inRooms()) {
      const ways = one.operation.security ?? [];
      // A join needs none, and takes one that is none for none.
      if (!ways.every((way) => 'queueToken' in way) || ways.length === 0) continue;
      const question = {
        method: one.method,
        body: one.operation.requestBody?.required === true ? bodyOf(one) : undefined,
      };
      expectProblem(await service.public(addressOf(one, roomId), question), 'token-missing');
      expectProblem(
        await service.public(addressOf(one, roomId), { ...question, bearer: 'x.y.z' }),
        'token-refused',
      );
    }
  });

  test('refuses a room id that can be none', async () => {
    for (const one of inRooms()) {
      // Bodies that may be left out hold nothing that must be right.
      if (!takesAddressOnly(one) && one.operation.requestBody?.required !== false) continue;
      const question = { method: one.method, bearer: 'x.y.z' };
      expectProblem(await service.public(addressOf(one, 'No_Room'), question), 'request-invalid');
    }
  });
});
