/** A store's port with some of its methods replaced, for tools that must see what a guard is worth. */
import type { QueueStore } from '../store/queue-store.ts';

/** The same store with some of its methods replaced, whatever it is made of. */
export function withReplaced(store: QueueStore, replaced: Partial<QueueStore>): QueueStore {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(replaced, name) ?? Reflect.get(target, name);
      return typeof method === 'function' ? (method.bind(target) as unknown) : method;
    },
  });
}
