/**
 * Network namespaces of this machine, joined by a bridge in a namespace of its own: what is cut between two of them is
 * cut for both, while each goes on by itself. Needs root; nothing outside of them is touched.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program with its arguments, to run in that namespace. */
export function inNamespace(
  namespace: string,
  command: string,
  words: readonly string[],
): [string, string[]] {
  return ['ip', ['netns', 'exec', namespace, command, ...words]];
}

/** One place of a `Network`. */
export type NetworkPlace = { namespace: string; host: string };

/** Places that reach each other until they are cut off. Made by `createNetwork`; `close` takes all of it away. */
export class Network {
  /** Where nothing is cut off: the bridge itself. */
  readonly hub: NetworkPlace;
  readonly places: readonly NetworkPlace[];

  private constructor(name: string, count: number) {
    this.hub = { namespace: `${name}-hub`, host: '10.77.0.254' };
    this.places = Array.from({ length: count }, (_, index) => ({
      namespace: `${name}-${index + 1}`,
      host: `10.77.0.${index + 1}`,
    }));
  }

  /** So many places beside the hub, at most 200. `name` begins the names of its namespaces, at most 8 characters. */
  static async create(name: string, count: number): Promise<Network> {
    const network = new Network(name, count);
    try {
      await network.#build();
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  /** One that another process created. */
  static existing(name: string, count: number): Network {
    return new Network(name, count);
  }

  /** Nothing gets from that place to any other, or back; within it everything goes on. */
  async cut(place: NetworkPlace): Promise<void> {
    await this.#link(place, 'down');
  }

  async mend(place: NetworkPlace): Promise<void> {
    await this.#link(place, 'up');
  }

  /** As `cut`, but whoever is in the hub still reaches that place, and it them. `rejoin` ends it. */
  async sever(place: NetworkPlace): Promise<void> {
    const hosts = this.places.filter((other) => other !== place).map(({ host }) => host);
    await filter(place, `ip saddr { ${hosts.join(', ')} } drop`, `ip daddr { ${hosts.join(', ')} } drop`);
  }

  async rejoin(place: NetworkPlace): Promise<void> {
    await run('ip', [...inNamespace(place.namespace, 'nft', ['delete', 'table', 'inet', 'chaos'])[1]]);
  }

  /** What answers from these ports does not arrive at that place, and whoever answered is cut off; `rejoin` ends it. */
  async loseReplies(place: NetworkPlace, ports: readonly number[]): Promise<void> {
    await filter(place, `tcp sport { ${ports.join(', ')} } reject with tcp reset`);
  }

  /** Bits a second out of the bridge to that place; null: as many as there are. */
  async slow(place: NetworkPlace, kilobits: number | null): Promise<void> {
    const device = ['dev', this.#deviceOf(place), 'root'];
    const netns = ['-n', this.hub.namespace];
    if (kilobits === null) await run('tc', [...netns, 'qdisc', 'del', ...device]);
    else {
      const bucket = ['tbf', 'rate', `${kilobits}kbit`, 'burst', '16kb', 'latency', '400ms'];
      await run('tc', [...netns, 'qdisc', 'replace', ...device, ...bucket]);
    }
  }

  /** Safe to call twice. What still runs in there loses its network. */
  async close(): Promise<void> {
    for (const { namespace } of [...this.places, this.hub]) {
      await run('ip', ['netns', 'del', namespace]).catch(() => undefined);
    }
  }

  async #build(): Promise<void> {
    const { namespace: hub, host } = this.hub;
    await run('ip', ['netns', 'add', hub]);
    const inHub = (...words: string[]) => run('ip', ['-n', hub, ...words]);
    await inHub('link', 'set', 'lo', 'up');
    await inHub('link', 'add', 'br0', 'type', 'bridge');
    await inHub('link', 'set', 'br0', 'up');
    await inHub('addr', 'add', `${host}/24`, 'dev', 'br0');
    for (const place of this.places) {
      const device = this.#deviceOf(place);
      const { namespace } = place;
      await run('ip', ['netns', 'add', namespace]);
      const peer = ['peer', 'name', 'eth0', 'netns', namespace];
      await inHub('link', 'add', device, 'type', 'veth', ...peer);
      await inHub('link', 'set', device, 'master', 'br0', 'up');
      const within = (...words: string[]) => run('ip', ['-n', namespace, ...words]);
      await within('addr', 'add', `${place.host}/24`, 'dev', 'eth0');
      await within('link', 'set', 'eth0', 'up');
      await within('link', 'set', 'lo', 'up');
    }
  }

  async #link(place: NetworkPlace, state: 'up' | 'down'): Promise<void> {
    await run('ip', ['-n', this.hub.namespace, 'link', 'set', this.#deviceOf(place), state]);
  }

  #deviceOf(place: NetworkPlace): string {
    return `v${this.places.indexOf(place) + 1}`;
  }
}

/** Puts a rule on what comes in at a place, and one on what goes out. */
async function filter({ namespace }: NetworkPlace, incoming: string, outgoing?: string): Promise<void> {
  const chain = (name: 'input' | 'output', rule: string): string =>
    `add chain inet chaos ${name} { type filter hook ${name} priority 0; }; add rule inet chaos ${name} ${rule}; `;
  const rules = `add table inet chaos; ${chain('input', incoming)}${outgoing === undefined ? '' : chain('output', outgoing)}`;
  await run('ip', [...inNamespace(namespace, 'nft', [rules])[1]]);
}
