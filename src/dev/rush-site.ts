/**
 * A visitor on the demo site: arrives by an address, fills in two steps, confirms. On an error they reload, as people
 * do. Used in both halves of a rush: behind Guichet, and straight at the site.
 */
import { CookieJar, type HttpReply, type HttpRequest, retryAfterMs, send } from './rush-http.ts';
import type { VisitorPlan } from './rush-plan.ts';

/** How the visit ended: `turned-away` to the waiting page, `out-of-patience` after errors only. */
export type SiteOutcome = 'confirmed' | 'logged-out' | 'closed-tab' | 'turned-away' | 'out-of-patience';

export type SiteVisit = {
  /** Where the visit begins, with the hand-over if there is one. */
  arrivalUrl: string;
  plan: VisitorPlan;
  /** The visitor goes away when errors have kept them until this time (Date.now). */
  patienceUntil: number;
  sleep: (ms: number) => Promise<void>;
  onError: () => void;
};

const reloadAfterMs = { least: 400, most: 2_500 };
const redirectsMax = 3;

/** Walks through the site once. */
export async function visitSite(visit: SiteVisit): Promise<SiteOutcome> {
  const { plan, sleep } = visit;
  const base = new URL('/', visit.arrivalUrl);
  const jar = new CookieJar();
  const get = (url: URL | string): HttpRequest => ({ method: 'GET', url: String(url) });
  const post = (path: string, fields: Record<string, string>): HttpRequest => ({
    method: 'POST',
    url: new URL(path, base).href,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });
  const steps: { thinkMs: number; request: HttpRequest; expects: string }[] = [
    { thinkMs: 0, request: get(visit.arrivalUrl), expects: 'details' },
    {
      thinkMs: plan.thinkMs[0] + plan.thinkMs[1],
      request: post('/registration/details', { name: 'Camille Tremblay', birthYear: '2015' }),
      expects: 'activity',
    },
    {
      thinkMs: plan.thinkMs[2],
      request: post('/registration/activity', { name: 'Camille Tremblay', activity: 'swimming' }),
      expects: 'confirmed',
    },
  ];
  for (const { thinkMs, request, expects } of steps) {
    await sleep(thinkMs);
    if (expects === 'confirmed' && plan.leavesSite === 'close-tab') return 'closed-tab';
    const leaving = expects === 'confirmed' && plan.leavesSite === 'log-out';
    const wanted = leaving ? get(new URL('/log-out', base)) : request;
    const page = await load(visit, jar, base, wanted);
    if (page === 'turned-away' || page === 'out-of-patience') return page;
    if (leaving) return 'logged-out';
    // The confirmation was on its way before, and its reply was lost.
    if (page === 'already-registered') return 'confirmed';
    if (page !== expects) return 'turned-away';
  }
  return 'confirmed';
}

/** Loads a page, reloading on errors; the name of the page that came. */
async function load(visit: SiteVisit, jar: CookieJar, base: URL, request: HttpRequest): Promise<string> {
  for (;;) {
    const reply = await follow(jar, base, request).catch(() => null);
    if (reply === 'turned-away') return reply;
    const page = reply?.headers['x-demo-page'];
    if (reply !== null && reply.status < 500 && typeof page === 'string') return page;
    visit.onError();
    const wait = visit.plan.random.between(reloadAfterMs.least, reloadAfterMs.most);
    await visit.sleep(wait + (reply === null ? 0 : (retryAfterMs(reply) ?? 0)));
    if (Date.now() > visit.patienceUntil) return 'out-of-patience';
  }
}

/** Follows redirects inside the site; one that leads elsewhere turns the visitor away. */
async function follow(jar: CookieJar, base: URL, request: HttpRequest): Promise<HttpReply | 'turned-away'> {
  let current = request;
  for (let redirects = 0; redirects <= redirectsMax; redirects += 1) {
    const reply = await send({ ...current, headers: { ...current.headers, ...jar.header() } });
    jar.keep(reply);
    const location = reply.headers.location;
    if (reply.status < 300 || reply.status >= 400 || location === undefined) return reply;
    const target = new URL(location, base);
    if (target.origin !== base.origin) return 'turned-away';
    current = { method: 'GET', url: target.href };
  }
  return 'turned-away';
}
