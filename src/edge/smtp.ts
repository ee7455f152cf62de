/**
 * Delivers e-mails over SMTP, by a small pool of connections to one server. What it answers with is a word for what
 * became of the e-mail (service/email-sender.ts) and a code: the texts of servers and of the library hold addresses, so
 * they end here.
 *
 * The content is read only when the server asks for it, after its 354, and `begin` is asked before the first byte: that
 * moment parts what may be tried again from what may have arrived.
 *
 * TLS: `smtps://` from the first byte; `smtp://` as soon as the server offers it. Where a password is sent, `smtp://`
 * insists: without the offer, which anybody on the way could take out of the server's greeting, there is no login and no
 * e-mail; only to this machine itself a password may go in clear. A certificate is checked wherever it protects
 * something: always with `smtps://`, and before a password is sent. Without either, whoever could present a false one
 * could as well take the offer out.
 */
import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import { isEmailAddress } from '../domain/email.ts';
import type { EmailMessage, EmailSender, SendOptions, SendResult } from '../service/email-sender.ts';

/** How long the server may take, ms. */
export type SmtpTimes = { connectMs: number; greetingMs: number; silenceMs: number };

const times: SmtpTimes = { connectMs: 10_000, greetingMs: 10_000, silenceMs: 20_000 };
/** While somebody waits for the answer. */
const probeTimes: SmtpTimes = { connectMs: 3_000, greetingMs: 3_000, silenceMs: 5_000 };
/** A connection that has nothing to do is closed after this, before most servers do. */
const idleMs = 30_000;
const closeWithinMs = 1_000;
const messagesPerConnectionMax = 100;

export type SmtpOptions = {
  /** smtp:// or smtps://, with user and password where the server wants them. */
  url: string;
  from: { name: string; address: string };
  connectionsMax: number;
  times?: SmtpTimes;
};

type ContentGate = {
  begin: () => Promise<boolean>;
  state: 'not-asked' | 'asked' | 'withheld' | 'begun';
};

/** A sender that connects when there is something to send. */
export function smtpSender(options: SmtpOptions): EmailSender {
  const { from } = options;
  const transport = createPool(options);
  transport.use('stream', (mail, done) => {
    const gate = (mail.data as { gate?: ContentGate }).gate as ContentGate;
    const content = mail.message.createReadStream.bind(mail.message);
    mail.message.createReadStream = () => Readable.from(gated(gate, content), { objectMode: false });
    done();
  });
  return {
    async send(message, { signal, begin }: SendOptions) {
      // Whatever the callers check: no recipient but one, and no command of its own.
      if (!isEmailAddress(message.to)) return { kind: 'refused', code: 'EENVELOPE' };
      const gate: ContentGate = { begin, state: 'not-asked' };
      try {
        const mail = { ...mailOf(message, from), signal, gate };
        await transport.sendMail(mail);
        return { kind: 'sent', code: null };
      } catch (error) {
        return resultOf(error, gate);
      }
    },
    close: () => transport.close(),
  };
}

/**
 * Connects as a sender would, logs in where that is set, and hangs up; nothing is sent. Resolves to null when it went well,
 * else to a code that says what did not, never a server's own text.
 */
export async function probeMailServer(url: string): Promise<string | null> {
  const from = { name: '', address: 'nobody@localhost' };
  const transport = createPool({ url, from, connectionsMax: 1, times: probeTimes });
  try {
    await transport.verify();
    return null;
  } catch (error) {
    const { code = 'EUNKNOWN', responseCode } = error as SmtpError;
    return responseCode === undefined ? code : `${code} ${responseCode}`;
  } finally {
    transport.close();
  }
}

function createPool({
  url,
  connectionsMax,
  times: { connectMs, greetingMs, silenceMs } = times,
}: SmtpOptions) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const hasLogin = username !== '';
  const isSecure = protocol === 'smtps:';
  return createTransport({
    pool: true,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isSecure ? 465 : 25) : Number(port),
    secure: isSecure,
    requireTLS: hasLogin && !isThisMachine(hostname),
    tls: { rejectUnauthorized: isSecure || hasLogin },
    ...(hasLogin ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } } : {}),
    maxConnections: connectionsMax,
    maxMessages: messagesPerConnectionMax,
    // Once on another connection, when a kept one turns out to be closed; never after its content was asked for.
    maxRequeues: 1,
    connectionTimeout: connectMs,
    dnsTimeout: connectMs,
    greetingTimeout: greetingMs,
    socketTimeout: silenceMs,
    socketCloseTimeout: closeWithinMs,
    idleTimeout: idleMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  });
}

/** `hostname` as in a URL. */
function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function mailOf({ to, subject, text, language, id }: EmailMessage, from: SmtpOptions['from']) {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return {
    from,
    // An address and nothing else: no text is read as a list of them.
    to: { name: '', address: to },
    envelope: { from: from.address, to: [to] },
    messageId: `<${id}@${domain}>`,
    subject,
    text,
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
    xMailer: false as const,
  };
}

/** The content, once it may be sent; nothing of it a second time. */
async function* gated(gate: ContentGate, content: () => Readable): AsyncGenerator<Buffer> {
  const isFirst = gate.state === 'not-asked';
  gate.state = isFirst ? 'asked' : gate.state;
  if (!isFirst || !(await gate.begin())) {
    gate.state = gate.state === 'begun' ? 'begun' : 'withheld';
    throw new Error('withheld');
  }
  gate.state = 'begun';
  yield* content() as AsyncIterable<Buffer>;
}

type SmtpError = { code?: string; command?: string; responseCode?: number };

function resultOf(error: unknown, { state }: ContentGate): SendResult {
  const { code = 'EUNKNOWN', command = '', responseCode } = error as SmtpError;
  const saidNo = responseCode !== undefined && responseCode >= 400;
  const told = saidNo ? String(responseCode) : code;
  const no = { kind: isForGood(responseCode) ? 'refused' : 'later', code: told } as const;
  if (state === 'begun') return code === 'EMESSAGE' && saidNo ? no : { kind: 'unknown', code: told };
  if (state !== 'not-asked') return { kind: 'withheld', code: null };
  const isAboutRecipient = command === 'RCPT TO' || command === 'DATA';
  // 421: the server is closing; 530: it wants us to log in first.
  const isAboutUs = responseCode === 421 || responseCode === 530;
  return saidNo && isAboutRecipient && !isAboutUs ? no : { kind: 'unreachable', code: told };
}

/** 5yz is for good, but 503 says that the commands came in an order that another connection may not have. */
function isForGood(responseCode: number | undefined): boolean {
  return responseCode !== undefined && responseCode >= 500 && responseCode !== 503;
}
