/** The port to whatever delivers e-mails; edge/smtp.ts is the only one. */

/** A plain text to one address. */
export type EmailMessage = {
  to: string;
  subject: string;
  text: string;
  language: string;
  /** The same for each try of one e-mail, so that a repeat can be recognised: what stands before the @. */
  id: string;
};

export type SendOptions = {
  /** Gives up: the connection is closed. */
  signal: AbortSignal;
  /** Asked just before the content is sent; false, or a failure: it is not. */
  begin: () => Promise<boolean>;
};

/** `code` is the server's or the library's word for what went wrong, and never holds an address. */
export type SendResult = {
  code: string | null;
  kind: /** Accepted by the server. */
    | 'sent'
    /** The content was sent and the server never said what became of it. */
    | 'unknown'
    /** The server does not take it, and will not. */
    | 'refused'
    /** The server does not take it now. */
    | 'later'
    /** Nothing was said of this e-mail: the server is away, too slow, or refuses us. */
    | 'unreachable'
    /** `begin` said no. */
    | 'withheld';
};

export interface EmailSender {
  /** Never rejects. */
  send(message: EmailMessage, options: SendOptions): Promise<SendResult>;
  /** Closes every connection; what is under way ends as if aborted. */
  close(): void;
}
