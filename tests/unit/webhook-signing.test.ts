import { createSecretKey } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import type { KeyRing, SigningKey } from '../../src/service/signing-keys.ts';
import { shownWebhookSecret, signatureHeaders, webhookSecretsOf } from '../../src/service/webhook-signing.ts';

const key = (kid: string): SigningKey => ({
  kid,
  secret: createSecretKey(Buffer.alloc(32, kid)),
  publicKey: null,
});
const ring = (...kids: string[]): KeyRing => kids.map(key) as unknown as KeyRing;
const secretsOf = (...kids: string[]) => webhookSecretsOf(() => ring(...kids))('pool');
const message = { messageId: 'msg_0123456789abcdef', body: '{"é":1}', atMs: Date.now() };

/** What a receiver with this secret says. */
const verified = (secret: string, headers: Record<string, string>, body = message.body): unknown =>
  new Webhook(secret).verify(body, headers);

describe('a signed message', () => {
  test('is what Standard Webhooks signs', () => {
    const [secret] = webhookSecretsOf(() => ring('a'))('pool');
    const headers = signatureHeaders([secret as Buffer], message);
    const library = new Webhook(shownWebhookSecret(secret as Buffer));
    expect(headers['webhook-signature']).toBe(
      library.sign(message.messageId, new Date(message.atMs), message.body),
    );
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(message.atMs / 1_000)));
    expect(verified(shownWebhookSecret(secret as Buffer), headers)).toEqual({ é: 1 });
  });

  test('is the one of the standard’s own example', () => {
    const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    const body = '{"test": 2432232314}';
    const headers = signatureHeaders([secret], {
      messageId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      body,
      atMs: 1_614_265_330_000,
    });
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test('is refused when anything of it was changed, or it is six minutes old', () => {
    const [secret] = secretsOf('a') as [Buffer];
    const headers = signatureHeaders([secret], message);
    const shown = shownWebhookSecret(secret);
    expect(() => verified(shown, headers, '{"é":2}')).toThrow(/No matching signature/);
    expect(() => verified(shown, { ...headers, 'webhook-id': 'msg_other' })).toThrow(/No matching signature/);
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect(() => verified(shown, { ...headers, 'webhook-timestamp': later })).toThrow(
      /No matching signature/,
    );
    const old = signatureHeaders([secret], { ...message, atMs: message.atMs - 360_000 });
    expect(() => verified(shown, old)).toThrow(/old/);
  });

  test('while keys change is good for receivers with either secret, and for nobody else', () => {
    const [before, after] = secretsOf('a', 'b') as [Buffer, Buffer];
    const headers = signatureHeaders([before, after], message);
    expect(headers['webhook-signature']).toMatch(/^v1,[\w+/=]{44} v1,[\w+/=]{44}$/);
    for (const secret of [before, after])
      expect(verified(shownWebhookSecret(secret), headers)).toEqual({ é: 1 });
    const [other] = secretsOf('c') as [Buffer];
    expect(() => verified(shownWebhookSecret(other), headers)).toThrow(/No matching signature/);
  });
});

describe('a room’s secret', () => {
  test('is the same wherever the ring is, and another for each room and key', () => {
    const secrets = webhookSecretsOf(() => ring('a', 'b'));
    expect(secrets('pool')).toEqual(secrets('pool'));
    const all = ['pool', 'pool-2', 'rink'].flatMap((roomId) => secrets(roomId).map(shownWebhookSecret));
    expect(new Set(all).size).toBe(6);
    for (const shown of all) expect(shown).toMatch(/^whsec_[\w+/]{43}=$/);
  });

  test('follows the ring at once', () => {
    const kids = ['a'];
    const secrets = webhookSecretsOf(() => ring(...kids));
    expect(secrets('pool')).toHaveLength(1);
    kids.push('b');
    expect(secrets('pool')).toHaveLength(2);
  });
});
