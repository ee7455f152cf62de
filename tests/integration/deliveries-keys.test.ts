import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addNextKeys, useNextKeys } from '../../src/service/key-rotation.ts';
import {
  keysFileText,
  newKeysFile,
  parseStoredKeys,
  type StoredKeys,
} from '../../src/service/signing-keys.ts';
import { DeliveryStage, loopbackAllowed } from '../support/delivery-stage.ts';
import { Receiver } from '../support/receiver.ts';

test('while keys change, receivers with the old and with the new secret get every message', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-deliveries-keys-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'keys.json');
  const text = newKeysFile();
  await writeFile(path, text);
  const stage = await DeliveryStage.open({ ...loopbackAllowed, GUICHET_SIGNING_KEYS_FILE: path });
  const receiver = await Receiver.start();
  const roomId = await stage.room(receiver);
  const secrets = async (): Promise<string[]> => {
    const { body } = await stage.service.internal(`/v1/rooms/${roomId}/delivery/secrets`);
    return body['secrets'] as string[];
  };
  const arrives = async (secret: string | undefined): Promise<void> => {
    receiver.secret = secret ?? '';
    const before = receiver.messages.length;
    await stage.service.join(roomId);
    await stage.until(() => receiver.messages.length > before, 3_000);
  };
  const change = async (stored: StoredKeys, expected: (now: string[]) => boolean): Promise<void> => {
    await writeFile(path, keysFileText(stored));
    await stage.until(async () => expected(await secrets()), 5_000);
  };
  const [old = ''] = await secrets();
  await arrives(old);

  const added = addNextKeys(parseStoredKeys(text)).stored;
  await change(added, (now) => now.length === 2);
  const [, next = ''] = await secrets();
  for (const secret of [old, next]) await arrives(secret);

  const used = useNextKeys(added, Date.now()).stored;
  await change(used, ([first]) => first === next);
  for (const secret of [old, next]) await arrives(secret);

  const { webhook: [newest] = [] } = used;
  await change({ ...used, webhook: newest ? [newest] : [] }, (now) => now.length === 1);
  await arrives(next);
  receiver.secret = old;
  await stage.service.join(roomId);
  await stage.until(() => receiver.faults.length > 0, 3_000);
  expect(receiver.faults[0]).toMatch(/No matching signature/);
  expect(receiver.releaseNumbers).toEqual([1, 2, 3, 4, 5, 6]);
});
