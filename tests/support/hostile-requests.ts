/** Requests that no well-meant client sends, as bytes: made at random from a seed, for both listeners. */
import { randomStream } from '../../src/dev/random.ts';

export type HostileRequest = {
  listener: 'public' | 'internal';
  bytes: Buffer;
  /** Never whole, or followed by nothing: whoever sends it hangs up when it is quiet. */
  isHalf: boolean;
};

export type HostileParts = { roomId: string; queueToken: string; keys: readonly string[] };

type Choose = <Value>(values: readonly Value[]) => Value;

const bodyBytesMax = 70_000;
const nesting = '['.repeat(20_000);
const prototypes = [
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"a":{"__proto__":null}}',
];

const segments = [
  '..',
  '.',
  '%2e%2e',
  '%2F',
  '%5c',
  '%00',
  '%ff',
  '%',
  '%zz',
  'No_Room',
  'loisirs',
  ' ',
  '\\',
  'a;b=c',
  '~',
  '*',
  '%E2%80%AE',
  'x'.repeat(120),
  'x'.repeat(5_000),
  '__proto__',
  'constructor',
  'toString',
  '-',
  '',
];

/** So many, the same for the same seed. */
export function hostileRequests(count: number, seed: number, parts: HostileParts): HostileRequest[] {
  const random = randomStream(seed, 0);
  const pick: Choose = (values) =>
    values[Math.floor(random.next() * values.length)] as (typeof values)[number];
  return Array.from({ length: count }, () => hostileRequest(pick, parts));
}

function hostileRequest(pick: Choose, parts: HostileParts): HostileRequest {
  const listener = pick(['public', 'internal'] as const);
  const make = pick([
    oddPath,
    oddPath,
    oddBody,
    oddBody,
    oddHeaders,
    oddHeaders,
    oddFraming,
    oddUpgrade,
    half,
  ]);
  return { listener, ...make(pick, parts, addressOf(pick, listener, parts)) };
}

/** An address that is there. */
function addressOf(pick: Choose, listener: 'public' | 'internal', { roomId }: HostileParts): string {
  const room = `/v1/rooms/${roomId}`;
  if (listener === 'public')
    return pick([
      `${room}/tickets`,
      `${room}/ticket`,
      `${room}/ticket/enter`,
      `${room}/ticket/code`,
      `${room}/tickets/resume`,
      `${room}/live`,
      room,
      `/rooms/${roomId}`,
      `/rooms/${roomId}/join`,
      `/gate/${roomId}`,
      '/.well-known/jwks.json',
      '/widget.js',
    ]);
  return pick([
    '/v1/rooms',
    room,
    `${room}/open`,
    `${room}/admission`,
    `${room}/notice`,
    `${room}/passes/redeem`,
    `${room}/answers`,
    `${room}/delivery/dead-letters`,
    '/openapi.json',
    '/livez',
    '/metrics',
    '/docs',
  ]);
}

type Made = { bytes: Buffer; isHalf: boolean };
const whole = (...pieces: (string | Buffer)[]): Made => ({
  bytes: Buffer.concat(pieces.map(bytesOf)),
  isHalf: false,
});
const bytesOf = (piece: string | Buffer): Buffer =>
  typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'];
const ends = 'host: localhost\r\nconnection: close\r\n';

function proof(pick: Choose, { keys, queueToken }: HostileParts): string {
  const credential = pick([...keys, queueToken, '', 'x', 'x'.repeat(3_000), 'é', '%00']);
  return `authorization: Bearer ${credential}\r\n`;
}

function oddPath(pick: Choose, parts: HostileParts, address: string): Made {
  const tail = Array.from({ length: pick([1, 2, 5]) }, () => pick(segments)).join('/');
  const query = pick([
    '',
    '?',
    '?after=%00',
    '?after=1&after=2',
    '?t=javascript:alert(1)',
    `?x=${'y'.repeat(8_000)}`,
    '?__proto__[x]=1',
    '?lang[]=fr&lang=%ff',
  ]);
  const path = pick([
    `${address}${query}`,
    `/v1/rooms/${tail}`,
    `/rooms/${tail}${query}`,
    `/${tail}${query}`,
    `//${tail}`,
    `http://evil.example/${tail}`,
    '*',
    'v1/rooms',
    `/assets/${tail}`,
    `/gate/${tail}`,
    `${address}/${tail}`,
  ]);
  const method = pick([...methods, 'TRACE', 'OPTIONS', 'get', 'PROPFIND', 'CONNECT', 'PRI', 'G T', 'XYZZY']);
  return whole(`${method} ${path} HTTP/1.1\r\n${proof(pick, parts)}${ends}\r\n`);
}

function oddBody(pick: Choose, parts: HostileParts, address: string): Made {
  const body = pick<Buffer>([
    ...prototypes.map(bytesOf),
    bytesOf(nesting),
    bytesOf('{"a":'.repeat(5_000)),
    bytesOf(`{"capacity":1e999,"outflowPerMinute":-0}`),
    bytesOf(`{"capacity":${'9'.repeat(400)}}`),
    bytesOf(`{"reason":{"fr":"${'x'.repeat(2_500)}"}}`),
    bytesOf(`{"reason":"\\u0000\\ud800"}`),
    bytesOf('{"notice":{"__proto__":"x","fr":1}}'),
    bytesOf('{"handOver":[{"$gt":""}],"code":{"length":1}}'),
    bytesOf('null'),
    bytesOf('""'),
    bytesOf('0'),
    bytesOf('{"a":1,"a":2}'),
    bytesOf('{'),
    bytesOf('\ufeff{}'),
    Buffer.from([0x22, 0xff, 0xfe, 0xc0, 0x80, 0x22]),
    Buffer.from([0x7b, 0x00, 0x7d]),
    Buffer.alloc(bodyBytesMax, 0x20),
    Buffer.from('key=x&key=y&extension=1e9&__proto__=1&t=%ff'),
  ]);
  const type = pick([
    'application/json',
    'application/json',
    'application/json; charset=utf-7',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/',
    '',
  ]);
  const head = `${pick(['POST', 'PUT', 'PATCH', 'DELETE'])} ${address} HTTP/1.1\r\n${proof(pick, parts)}${ends}`;
  return whole(`${head}content-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`, body);
}

function oddHeaders(pick: Choose, parts: HostileParts, address: string): Made {
  const headers = pick([
    `x-long: ${'a'.repeat(20_000)}\r\n`,
    Array.from({ length: 1_500 }, (_, index) => `x-${index}: y\r\n`).join(''),
    'authorization: Bearer a\r\nauthorization: Bearer b\r\n',
    'host: a\r\nhost: b\r\n',
    'idempotency-key: a\r\nidempotency-key: b\r\n',
    'idempotency-key: 00000000-0000-0000-0000-000000000000\r\n',
    `cookie: ${'guichet-sent-on=1; '.repeat(400)}\r\n`,
    `cookie: __Host-guichet-${parts.roomId}=%00%ff; __proto__=x\r\n`,
    'if-match: *\r\nif-none-match: W/"\r\nrange: bytes=0-,-1\r\n',
    'x-forwarded-for: 1.2.3.4, unknown, ::::, 999.1.1.1\r\nforwarded: for="_x"\r\n',
    'x-original-uri: /%00\r\nx-forwarded-uri: //evil\r\nx-answer-status: 20x\r\n',
    'origin: null\r\nsec-fetch-site: cross-site\r\n',
    'origin: http://[::1\r\n',
    'accept: \u0000\r\n',
    'bad header: x\r\n',
    'accept-language: xx;q=9e99,*;q=NaN\r\naccept-encoding: gzip;q=0, br;q=nonsense\r\n',
    'expect: 100-continue\r\n',
    'expect: 200-nonsense\r\n',
    'te: trailers\r\nconnection: keep-alive, x\r\n',
  ]);
  return whole(`${pick(methods)} ${address} HTTP/1.1\r\n${headers}${proof(pick, parts)}${ends}\r\n`);
}

function oddFraming(pick: Choose, parts: HostileParts, address: string): Made {
  const framing = pick([
    'content-length: 5\r\ncontent-length: 6\r\n\r\nhello',
    'content-length: -1\r\n\r\n',
    'content-length: 1e3\r\n\r\nx',
    'content-length: 2\r\n\r\n{}GET / HTTP/1.1\r\n\r\n',
    'transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n',
    'transfer-encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n',
    'transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-trailer: y\r\n\r\n',
    'transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'transfer-encoding: identity\r\n\r\n{}',
  ]);
  const version = pick(['1.1', '1.1', '1.0', '0.9', '2.0', '9.9', 'x']);
  const head = `POST ${address} HTTP/${version}\r\n${proof(pick, parts)}${ends}content-type: application/json\r\n`;
  const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
  return whole(
    pick([
      `${head}${framing}`,
      `${head}${framing}`,
      `${head}${framing}`,
      preface,
      '\u0016\u0003\u0001\u0002\u0000',
    ]),
  );
}

function oddUpgrade(pick: Choose, { roomId }: HostileParts, address: string): Made {
  const path = pick([
    `/v1/rooms/${roomId}/live`,
    `/v1/rooms/${roomId}/live`,
    '/v1/rooms/%ff/live',
    '/v1/rooms/x/live?y',
    address,
  ]);
  const upgrade = pick([
    'upgrade: websocket\r\nconnection: upgrade\r\n',
    'upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 99\r\nsec-websocket-key: x\r\n',
    'upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABk\r\n',
    'upgrade: websocket, h2c\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n',
    'upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: nonsense\r\norigin: null\r\n',
  ]);
  return {
    ...whole(
      `${pick(['GET', 'POST'])} ${path} HTTP/1.1\r\nhost: localhost\r\n${upgrade}\r\n`,
      Buffer.from([0x81, 0xff, 0x00, 0x01]),
    ),
    isHalf: true,
  };
}

function half(pick: Choose, parts: HostileParts, address: string): Made {
  const start = `POST ${address} HTTP/1.1\r\n${proof(pick, parts)}`;
  const cut = pick([
    '',
    'content-le',
    `${ends}content-type: application/json\r\ncontent-length: 4000\r\n\r\n{"a"`,
    `${ends}expect: 100-continue\r\ncontent-length: 10\r\n\r\n`,
    `${ends}transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n`,
  ]);
  return { bytes: bytesOf(`${start}${cut}`), isHalf: true };
}
