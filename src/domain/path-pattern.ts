/**
 * Patterns of paths, as a policy names pages of a site that nobody may change: `/confirmation`, `/static/**`,
 * `/courses/swim*`. A star stands for any characters of one segment, once in a segment; two stars, as a segment of their
 * own and once in a pattern, for any number of segments, none included. So matching takes time that grows with the path
 * alone, whoever wrote it.
 *
 * A path that servers read differently (encoded slashes, `..` in disguise, empty segments) matches no pattern: what may
 * be let through without a pass must not be a way round to another page.
 */

/** Characters of a pattern, and of a path that is looked at. */
const patternLengthMax = 200;
const pathLengthMax = 2_000;

/** One page, or a group of them. `method` and `status` absent: any. */
export type PagePattern = {
  path: string;
  /** Upper case. */
  method?: string | undefined;
  /** Of the site's answer, as `200` or `2xx`: then it counts once the proxy tells it, and not before. */
  status?: string | undefined;
};

/** Whether a text is a pattern as above. */
export function isPathPattern(text: string): boolean {
  if (!text.startsWith('/') || text.length > patternLengthMax || /[\s?#%\\]/.test(text)) return false;
  const segments = text.slice(1).split('/');
  const spans = segments.filter((segment) => segment === '**').length;
  return spans <= 1 && segments.every((segment) => segment === '**' || segment.split('*').length <= 2);
}

/** A path as its segments, decoded; null when servers may read it in two ways. */
function plainSegments(path: string): string[] | null {
  if (path.length > pathLengthMax || !path.startsWith('/')) return null;
  if (/%2f|%5c|%25|\\|\/\//i.test(path)) return null;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  const segments = decoded.slice(1).split('/');
  // `..;` is `..` to some servers.
  const isPlain = segments.every((segment) => !/^\.{1,2}(;|$)|\p{Cc}/u.test(segment));
  return isPlain ? segments : null;
}

/** Whether a path (percent-encoded, without query) is one of these. */
export function matchesPath(pattern: string, path: string): boolean {
  const segments = plainSegments(path);
  return segments !== null && matchesSegments(pattern.slice(1).split('/'), segments);
}

function matchesSegments(pattern: readonly string[], segments: readonly string[]): boolean {
  const span = pattern.indexOf('**');
  if (span === -1) return pattern.length === segments.length && matchesEach(pattern, segments);
  const behind = pattern.slice(span + 1);
  if (segments.length < span + behind.length) return false;
  return (
    matchesEach(pattern.slice(0, span), segments.slice(0, span)) &&
    matchesEach(behind, segments.slice(segments.length - behind.length))
  );
}

function matchesEach(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.every((part, index) => matchesSegment(part, segments[index] as string));
}

function matchesSegment(pattern: string, segment: string): boolean {
  const star = pattern.indexOf('*');
  if (star === -1) return pattern === segment;
  const [before, behind] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return (
    segment.length >= before.length + behind.length && segment.startsWith(before) && segment.endsWith(behind)
  );
}

/** A request to the site; `status` null: its answer is not known (yet). */
export type PageRequest = { method: string; path: string; status: number | null };

/** Whether a request is for one of these pages. A pattern that names a status never matches an unknown one. */
export function matchesPage(patterns: readonly PagePattern[], request: PageRequest): boolean {
  return patterns.some(
    ({ path, method, status }) =>
      (method === undefined || method === request.method) &&
      (status === undefined ? request.status === null : hasStatus(status, request.status)) &&
      matchesPath(path, request.path),
  );
}

function hasStatus(pattern: string, status: number | null): boolean {
  return status !== null && (pattern.endsWith('xx') ? `${String(status)[0]}xx` : String(status)) === pattern;
}
