import { describe, expect, test } from 'vitest';
import { emailEnvelopes } from '../../src/service/email-envelopes.ts';
import { newKeysFile, parseKeysFile } from '../../src/service/signing-keys.ts';

const of = { roomId: 'pool' };
const newRing = () => {
  const { queue } = parseKeysFile(newKeysFile());
  return () => queue;
};

describe('the name of an address', () => {
  const envelopes = emailEnvelopes(newRing());
  const name = envelopes.name('amelie@example.org', of);

  test.each(['Amelie@EXAMPLE.org', 'amelie+pool@example.org', 'amelie+a+b@example.org'])(
    'is that of %s too, which reaches the same mailbox',
    (address) => expect(envelopes.name(address, of)).toBe(name),
  );

  test.each(['amelia@example.org', 'amelie@example.com', 'a.melie@example.org', '+amelie@example.org'])(
    'is not that of %s',
    (address) => expect(envelopes.name(address, of)).not.toBe(name),
  );

  test('differs from room to room and from keys file to keys file, and is no text of the address', () => {
    expect(envelopes.name('amelie@example.org', { roomId: 'ice' })).not.toBe(name);
    expect(emailEnvelopes(newRing()).name('amelie@example.org', of)).not.toBe(name);
    expect(name).toMatch(/^[\w-]{22}$/);
  });
});
