/** Loads the second half of the widget's code, once for all widgets of a page: pinned by its hash, as the first half is. */
import type { TicketCode } from './ticket-code.ts';
import { widgetBuild } from './widget-build.ts';

let loading: Promise<TicketCode | null> | null = null;

/** Resolves with the code, or with null when it cannot be had now: then the next call tries again. */
export function loadTicketCode(server: string): Promise<TicketCode | null> {
  loading ??= new Promise<TicketCode | null>((resolve) => {
    const script = document.createElement('script');
    script.src = `${server}/widget.v${widgetBuild.version}.ticket.js`;
    script.integrity = widgetBuild.ticketCode;
    script.crossOrigin = 'anonymous';
    script.addEventListener('guichet-code', (event) => resolve((event as CustomEvent<TicketCode>).detail));
    script.addEventListener('error', () => {
      loading = null;
      resolve(null);
    });
    document.head.append(script);
    script.remove();
  });
  return loading;
}
