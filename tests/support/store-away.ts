/** A store that can go away under a service, and come back. */
import { type QueueStore, StoreUnknownError } from '../../src/store/queue-store.ts';

const notReady = { ready: false, why: 'away' };

/** While `isAway`, whatever is asked of the wrapped store fails. */
export class StoreAway {
  isAway = false;

  wrapStore = (store: QueueStore): QueueStore =>
    new Proxy(store, {
      get: (target, name: keyof QueueStore) =>
        this.isAway && name !== 'close'
          ? () =>
              name === 'ready' ? Promise.resolve(notReady) : Promise.reject(new StoreUnknownError('away'))
          : target[name].bind(target),
    });
}
