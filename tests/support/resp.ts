/**
 * Cuts a Redis connection's bytes into whole commands and whole replies, as far as the proxy needs it: where one
 * ends, and a command's words. RESP2 and RESP3; nothing is interpreted.
 */

const carriageReturn = 13;
const lineTypes = new Set(['+', '-', ':', ',', '#', '_', '(']);
const blobTypes = new Set(['$', '!', '=']);
const aggregateTypes = new Set(['*', '%', '~', '>', '|']);

/** A value found in the bytes: its first character, the bytes it takes, and its strings in order. */
export type RespValue = { type: string; end: number; words: string[] };

/** The value that begins at `offset`; null while its end has not arrived. Throws on bytes that are not RESP. */
function readValue(bytes: Buffer, offset = 0): RespValue | null {
  const lineEnd = bytes.indexOf('\r\n', offset);
  if (lineEnd < 0) return null;
  const type = String.fromCharCode(bytes[offset] ?? carriageReturn);
  const rest = bytes.toString('latin1', offset + 1, lineEnd);
  const afterLine = lineEnd + 2;
  if (lineTypes.has(type)) return { type, end: afterLine, words: [rest] };
  const length = Number(rest);
  if (blobTypes.has(type)) {
    if (length < 0) return { type, end: afterLine, words: [] };
    const end = afterLine + length + 2;
    return end > bytes.length ? null : { type, end, words: [bytes.toString('utf8', afterLine, end - 2)] };
  }
  if (!aggregateTypes.has(type)) {
    // An inline command, as `redis-cli` over telnet: one line of words.
    return { type: 'inline', end: afterLine, words: bytes.toString('utf8', offset, lineEnd).split(' ') };
  }
  return readMembers(bytes, type, afterLine, length);
}

function readMembers(bytes: Buffer, type: string, start: number, length: number): RespValue | null {
  const words: string[] = [];
  let end = start;
  // An attribute ('|') stands before the value that it describes and counts as part of it.
  const members = type === '%' ? 2 * length : type === '|' ? 2 * length + 1 : length;
  for (let index = 0; index < members; index += 1) {
    const member = readValue(bytes, end);
    if (member === null) return null;
    for (const word of member.words) words.push(word);
    end = member.end;
  }
  return { type, end, words };
}

/** Collects bytes and hands out each whole value with the bytes it came in. */
export class RespReader {
  #pending: Buffer = Buffer.alloc(0);

  /** The values completed by this chunk, in order. */
  *push(chunk: Buffer): Generator<{ value: RespValue; bytes: Buffer }> {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const value = this.#pending.length === 0 ? null : readValue(this.#pending);
      if (value === null) return;
      const bytes = this.#pending.subarray(0, value.end);
      this.#pending = this.#pending.subarray(value.end);
      yield { value, bytes };
    }
  }
}
