/**
 * The service as a process that dies at one call to its store, as by SIGKILL: before the call is made, or once it was
 * answered and nobody was told. It lives until the file named last is there. For tests of what the next replica makes
 * of it.
 *
 * Run as `node src/dev/dying-service-main.ts join before|after FILE`, with the settings of the service.
 */
import { existsSync } from 'node:fs';
import { createApp } from '../app.ts';
import { readConfig } from '../config.ts';
import type { QueueStore } from '../store/queue-store.ts';

const [method = '', moment = '', file = ''] = process.argv.slice(2);

const app = await createApp({ config: readConfig(), wrapStore: mortal });
process.once('SIGTERM', () => void app.stop().then(() => process.exit(0)));
await app.start();

function mortal(store: QueueStore): QueueStore {
  return new Proxy(store, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      const call = own.bind(target) as (...given: unknown[]) => Promise<unknown>;
      if (name !== method) return call;
      return async (...given: unknown[]) => {
        if (moment === 'before') dieIfTold();
        const answer = await call(...given);
        dieIfTold();
        return answer;
      };
    },
  });
}

function dieIfTold(): void {
  if (existsSync(file)) process.kill(process.pid, 'SIGKILL');
}
