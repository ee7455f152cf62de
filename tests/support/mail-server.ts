/** A real SMTP server for tests: keeps what it gets, and refuses, stalls or hangs up where it is told to. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { startTcpServer } from './tcp-server.ts';

export type ReceivedMail = { from: string; to: string[]; raw: string; isSecure: boolean };

/** What the server says to a recipient or a content: a code that refuses, or null. */
type Says = (to: string) => number | null | Promise<number | null>;

export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** Recipients named, refused ones included. */
  readonly asked: string[] = [];
  recipient: Says = () => null;
  content: (to: string) => number | null = () => null;
  /** What happens once the content was read: an answer, none, or the end of the connection. */
  afterContent: 'answer' | 'stall' | 'hang-up' = 'answer';
  connections = 0;
  /** Users and passwords that came, right or wrong. */
  logins = 0;
  readonly #server: SMTPServer;
  readonly #sockets = new Set<Socket>();

  constructor(options: { login?: { user: string; pass: string }; offersTls?: boolean } = {}) {
    const { login, offersTls = true } = options;
    this.#server = new SMTPServer({
      disabledCommands: [...(login ? [] : ['AUTH']), ...(offersTls ? [] : ['STARTTLS'])],
      authOptional: login === undefined,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      closeTimeout: 100,
      logger: false,
      onConnect: (_session, done) => {
        this.connections += 1;
        done();
      },
      onAuth: ({ username, password }, _session, done) => {
        this.logins += 1;
        if (username === login?.user && password === login?.pass) done(null, { user: username });
        else done(refusal(535));
      },
      onRcptTo: ({ address }, _session, done) => {
        this.asked.push(address);
        void this.#answerRecipient(address, done);
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          const to = rcptTo.map(({ address }) => address);
          const from = mailFrom === false ? '' : mailFrom.address;
          const code = this.content(to[0] ?? '');
          if (code !== null) return done(refusal(code, to[0]));
          this.mails.push({ from, to, raw: Buffer.concat(chunks).toString(), isSecure: session.secure });
          if (this.afterContent === 'hang-up') for (const socket of this.#sockets) socket.destroy();
          else if (this.afterContent === 'answer') done();
        });
      },
    });
    this.#server.on('error', () => {});
    this.#server.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async #answerRecipient(address: string, done: (refused?: Error) => void): Promise<void> {
    const code = await this.recipient(address);
    if (code === null) done();
    else done(refusal(code, address));
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** Stops and ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** As servers write it: with the address in it. */
function refusal(code: number, address = ''): Error {
  return Object.assign(new Error(`<${address}> is not welcome`), { responseCode: code });
}

/** A mail server, gone when the running test is over, and its URL. */
export async function startMailServer(
  options: ConstructorParameters<typeof MailServer>[0] = {},
): Promise<{ server: MailServer; url: string; port: number }> {
  const server = new MailServer(options);
  const port = await server.listen();
  onTestFinished(() => server.close());
  return { server, url: `smtp://127.0.0.1:${port}`, port };
}

/** Accepts connections and says nothing, ever. */
export async function startSilentServer(): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const port = await startTcpServer(() => {
    connections += 1;
  });
  return { url: `smtp://127.0.0.1:${port}`, connections: () => connections };
}

/** A port on which nothing listens, as far as one can know. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
