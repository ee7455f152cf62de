/** Questions to the gate as bytes, as nginx asks them: all that the browser sent, and what its configuration adds. */

/** What stands before and behind the pass in a question of that room's gate. */
function aroundPass(roomId: string): { before: string; after: string } {
  const before = [
    `GET /gate/${roomId} HTTP/1.1`,
    'Host: www.example.org',
    'X-Original-Method: GET',
    'X-Original-URI: /programme/natation?semaine=48&groupe=b',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: www.example.org',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'Accept-Language: fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3',
    'Accept-Encoding: gzip, deflate, br, zstd',
    `Cookie: _ga=GA1.1.1184092113.1763822751; lang=fr; guichet_pass_${roomId}=`,
  ].join('\r\n');
  return { before, after: '; session=5d41402abc4b2a76b9719d911017c592\r\n\r\n' };
}

/** A question with each of the passes in turn. */
export function gateRequests(roomId: string, passes: readonly string[]): (number: number) => string {
  const { before, after } = aroundPass(roomId);
  return (number) => `${before}${passes[number % passes.length]}${after}`;
}

/**
 * wrk's script: a question with each of the passes in `file` (one a line) in turn. `repeats`: begins anew behind the last
 * one; else it then asks without a pass, which is refused, and the run fails.
 */
export function gateScript(roomId: string, { file, repeats }: { file: string; repeats: boolean }): string {
  const lua = (text: string): string => `'${text.replaceAll('\r\n', '\\r\\n')}'`;
  const { before, after } = aroundPass(roomId);
  return `
    local before, after = ${lua(before)}, ${lua(after)}
    local requests, next = {}, 0
    function init()
      for pass in io.lines('${file}') do requests[#requests + 1] = before .. pass .. after end
    end
    function request()
      next = ${repeats ? 'next % #requests' : 'next'} + 1
      return requests[next] or before .. after
    end`;
}
