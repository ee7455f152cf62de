/**
 * Where Redis is, as `REDIS_URL` says it: one server, a primary that Sentinels name, or a Cluster.
 *
 *   redis://[user:password@]host[:6379][/database]
 *   redis+sentinel://[user:password@]host[:26379],host…/primary[/database]
 *   redis+cluster://[user:password@]host[:6379],host…
 *
 * With `rediss` in the place of `redis` each connection is encrypted, those to Sentinels too.
 */

type Node = { host: string; port: number };

type Login = { username: string | null; password: string | null; isEncrypted: boolean };

export type RedisAddress = Login &
  (
    | { topology: 'single'; node: Node; database: number }
    | { topology: 'sentinel'; sentinels: Node[]; primary: string; database: number }
    | { topology: 'cluster'; nodes: Node[] }
  );

/** How to get in there, apart from its address. */
export type RedisAccess = {
  address: RedisAddress;
  /** For connections that are encrypted; PEM. */
  tls: { ca?: string; cert?: string; key?: string; servername?: string };
  /** To the Sentinels themselves; null: none is asked for. */
  sentinelUsername: string | null;
  sentinelPassword: string | null;
};

const form =
  /^(?<scheme>rediss?)(?:\+(?<topology>sentinel|cluster))?:\/\/(?:(?<login>[^@/]*)@)?(?<hosts>[^@/?#]+)(?<path>\/[^?#]*)?$/;
const hostForm = /^(?<host>\[[\da-fA-F:.]+\]|[\w.-]+)(?::(?<port>\d{1,5}))?$/;
const serverPort = 6_379;
const sentinelPort = 26_379;

/** What a URL names; null when it is no such URL. */
export function redisAddress(url: string): RedisAddress | null {
  const parts = form.exec(url)?.groups;
  if (!parts) return null;
  const { scheme, topology = 'single', login = '', hosts = '', path = '' } = parts;
  const isSentinel = topology === 'sentinel';
  const nodes = hosts.split(',').map((text) => nodeOf(text, isSentinel ? sentinelPort : serverPort));
  const [username, password] = login.split(/:(.*)/s).map(decoded);
  if (!areNodes(nodes) || username === null || password === null) return null;
  const base: Login = {
    username: username || null,
    password: password || null,
    isEncrypted: scheme === 'rediss',
  };
  const segments = path.split('/').slice(1);
  const primary = isSentinel ? decoded(segments.shift()) : '';
  const [database = '0', ...more] = segments;
  if (!/^\d{0,4}$/.test(database) || more.length > 0) return null;
  const [node] = nodes;
  if (isSentinel)
    return primary ? { ...base, topology, sentinels: nodes, primary, database: Number(database) } : null;
  // A Cluster has one database only.
  if (topology === 'cluster') return Number(database) === 0 ? { ...base, topology, nodes } : null;
  if (topology !== 'single' || nodes.length !== 1 || !node) return null;
  return { ...base, topology, node, database: Number(database) };
}

function nodeOf(text: string, defaultPort: number): Node | null {
  const { host, port } = hostForm.exec(text)?.groups ?? {};
  const number = port === undefined ? defaultPort : Number(port);
  if (host === undefined || number < 1 || number > 65_535) return null;
  return { host: host.replace(/^\[|\]$/g, ''), port: number };
}

function areNodes(nodes: (Node | null)[]): nodes is Node[] {
  return nodes.every((node) => node !== null);
}

/** Percent-decoded; null when it cannot be. */
function decoded(text: string | undefined): string | null {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    return null;
  }
}
