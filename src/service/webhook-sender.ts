/** The port to whatever posts a signed message to a receiver; edge/webhook-sender.ts is the only one. */

export type WebhookRequest = {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
};

export type WebhookAnswer =
  /** The receiver's own word; a redirect is one, and is not followed. */
  | { kind: 'answered'; status: number; retryAfter: string | null }
  /** The address is none that we connect to: nothing was sent. */
  | { kind: 'refused' }
  /** No answer: `code` is the library's word for what went wrong, and never holds the address. */
  | { kind: 'unanswered'; code: string };

export interface WebhookSender {
  /** Never rejects. The signal gives up: the connection is closed. */
  send(request: WebhookRequest, signal: AbortSignal): Promise<WebhookAnswer>;
  /** Closes idle connections. */
  close(): void;
}
