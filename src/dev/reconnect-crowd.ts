/** Those who wait through a restart, as the parent sees them: processes with some of the visitors each. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ReconnectRecord } from './reconnect-verdict.ts';
import type { VisitorsOrder, VisitorsReport } from './reconnect-visitors-main.ts';

const entry = fileURLToPath(new URL('reconnect-visitors-main.ts', import.meta.url));
/** Well below what a process may open, and few enough that its visitors' timers are not late. */
const visitorsEachMax = 3_500;
const processesMin = 2;

/** One process of visitors. */
class Visitors {
  readonly #child: ChildProcess;
  readonly #heard = new Map<VisitorsReport['tell'], (report: VisitorsReport) => void>();
  readonly #exited: Promise<void>;

  constructor() {
    this.#child = fork(entry, { stdio: 'inherit' });
    this.#exited = new Promise((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.on('message', (report: VisitorsReport) => this.#heard.get(report.tell)?.(report));
  }

  order(order: VisitorsOrder): void {
    this.#child.send(order);
  }

  /** The next report of this kind; rejects when the visitors fail or their process ends first. */
  async next<Kind extends VisitorsReport['tell']>(
    kind: Kind,
  ): Promise<Extract<VisitorsReport, { tell: Kind }>> {
    const report = await new Promise<VisitorsReport>((resolve) => {
      this.#heard.set(kind, resolve);
      this.#heard.set('failed', resolve);
      void this.#exited.then(() => resolve({ tell: 'failed', why: 'a process of visitors ended' }));
    });
    if (report.tell === 'failed') throw new Error(report.why);
    return report as Extract<VisitorsReport, { tell: Kind }>;
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }
}

/** All of them; made by `open`. */
export class WaitingCrowd {
  readonly #parts: readonly Visitors[];
  /** Resolves when everyone was told of their standing after the restart. */
  readonly allBack: Promise<unknown>;

  private constructor(parts: readonly Visitors[]) {
    this.#parts = parts;
    this.allBack = Promise.all(parts.map((part) => part.next('back')));
  }

  /** Takes a ticket for each and connects them there; resolves when all were told of their standing. */
  static async open(count: number, roomUrl: string): Promise<WaitingCrowd> {
    const processes = Math.max(processesMin, Math.ceil(count / visitorsEachMax));
    const parts = Array.from({ length: processes }, () => new Visitors());
    try {
      await Promise.all(
        parts.map((part, index) => {
          const share = Math.floor((count + index) / processes);
          part.order({ order: 'wait', count: share, roomUrl });
          return part.next('waiting');
        }),
      );
    } catch (error) {
      await Promise.all(parts.map((part) => part.end()));
      throw error;
    }
    return new WaitingCrowd(parts);
  }

  /** Leads whoever comes from now on there, as a load balancer does. */
  lead(roomUrl: string): void {
    for (const part of this.#parts) part.order({ order: 'lead', roomUrl });
  }

  /** What all of them wrote down, and how long at most a process of theirs kept them waiting. */
  async reports(): Promise<{ records: ReconnectRecord[]; lateMs: number }> {
    const reports = await Promise.all(
      this.#parts.map((part) => {
        const report = part.next('records');
        part.order({ order: 'report' });
        return report;
      }),
    );
    const lateMs = Math.max(...reports.map((report) => report.lateMs));
    return { records: reports.flatMap(({ records }) => records), lateMs };
  }

  async end(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.end()));
  }
}
