import { describe, expect, onTestFinished, test } from 'vitest';
import { type SmtpTimes, smtpSender } from '../../src/edge/smtp.ts';
import type { EmailMessage, EmailSender, SendResult } from '../../src/service/email-sender.ts';
import { closedPort, startMailServer, startSilentServer } from '../support/mail-server.ts';

const from = { name: 'La file, Gatineau', address: 'file@gatineau.example.org' };
const message: EmailMessage = {
  to: 'amelie.tremblay@example.org',
  subject: 'Inscription été : votre tour approche',
  text: 'Votre attente estimée est maintenant : moins de 5 minutes.\n.\nÀ bientôt\n',
  language: 'fr',
  id: 'abc123',
};
const quick: SmtpTimes = { connectMs: 300, greetingMs: 300, silenceMs: 300 };

function senderTo(url: string, times?: SmtpTimes): EmailSender {
  const sender = smtpSender({ url, from, connectionsMax: 2, ...(times ? { times } : {}) });
  onTestFinished(() => sender.close());
  return sender;
}

/** One e-mail; what became of it, and how often its content was about to leave. */
async function send(
  sender: EmailSender,
  changes: Partial<EmailMessage> = {},
  { begin = async () => true, signal = new AbortController().signal } = {},
): Promise<SendResult & { begun: number }> {
  let begun = 0;
  const result = await sender.send(
    { ...message, ...changes },
    {
      signal,
      begin: () => {
        begun += 1;
        return begin();
      },
    },
  );
  return { ...result, begun };
}

/** The headers and the decoded text of a mail. */
function read(raw: string): { headers: string; text: string } {
  const [headers = '', ...body] = raw.split('\r\n\r\n');
  const encoded = body.join('\r\n\r\n');
  const text = /^content-transfer-encoding: base64/im.test(headers)
    ? Buffer.from(encoded, 'base64').toString()
    : Buffer.from(
        encoded
          .replace(/=\r\n/g, '')
          .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString();
  return { headers: headers.replace(/\r\n[ \t]+/g, ' '), text: text.replace(/\r\n/g, '\n') };
}

describe('a mail server that works', () => {
  test('gets a plain text to one recipient, with the headers of an automatic message', async () => {
    const { server, url } = await startMailServer();
    expect(await send(senderTo(url))).toEqual({ kind: 'sent', code: null, begun: 1 });
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: from.address, to: [message.to] });
    const { headers, text } = read(mail?.raw ?? '');
    expect(text).toBe(message.text);
    expect(headers).toContain('Message-ID: <abc123@gatineau.example.org>');
    expect(headers).toContain('Auto-Submitted: auto-generated');
    expect(headers).toContain('Content-Language: fr');
    expect(headers).toMatch(/^Content-Type: text\/plain; charset=utf-8/m);
    expect(headers).toMatch(/^From: .*<file@gatineau\.example\.org>$/m);
    expect(headers).toMatch(/^To: amelie\.tremblay@example\.org$/m);
    expect(headers).not.toMatch(/^(x-mailer|bcc|cc|list-|x-)/im);
  });

  test('is spoken to under TLS where it offers that, whatever its certificate', async () => {
    const { server, url } = await startMailServer();
    await send(senderTo(url));
    const plain = await startMailServer({ offersTls: false });
    await send(senderTo(plain.url));
    expect([server.mails[0]?.isSecure, plain.server.mails[0]?.isSecure]).toEqual([true, false]);
  });

  test('is logged in to, but no password goes to one whose certificate is false', async () => {
    const login = { user: 'guichet@host', pass: 'p%ss:/wörd' };
    const { server, port } = await startMailServer({ login, offersTls: false });
    const [user, pass] = [encodeURIComponent(login.user), encodeURIComponent(login.pass)];
    expect((await send(senderTo(`smtp://${user}:${pass}@127.0.0.1:${port}`))).kind).toBe('sent');
    expect(await send(senderTo(`smtp://${user}:wrong@127.0.0.1:${port}`))).toMatchObject({
      kind: 'unreachable',
      code: '535',
    });
    const tls = await startMailServer({ login });
    const refused = await send(senderTo(`smtp://${user}:${pass}@127.0.0.1:${tls.port}`));
    expect(refused).toMatchObject({ kind: 'unreachable', begun: 0 });
    expect([server.mails.length, tls.server.mails.length]).toEqual([1, 0]);
  });

  test('on another machine gets no password in clear, even where the offer of TLS was taken away', async () => {
    const { server, port } = await startMailServer({
      login: { user: 'guichet', pass: 'secret' },
      offersTls: false,
    });
    // An address that reaches this machine without being known as its own.
    const result = await send(senderTo(`smtp://guichet:secret@0.0.0.0:${port}`));
    expect(result).toMatchObject({ kind: 'unreachable', begun: 0 });
    expect([server.connections, server.logins, server.mails.length]).toEqual([1, 0, 0]);
    // Without a password there is nothing to protect.
    const open = await startMailServer({ offersTls: false });
    expect((await send(senderTo(`smtp://0.0.0.0:${open.port}`))).kind).toBe('sent');
  });

  test('gets many e-mails over few connections', async () => {
    const { server, url } = await startMailServer();
    const sender = senderTo(url);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => send(sender, { to: `v${index}@example.org` })),
    );
    expect(results.every(({ kind }) => kind === 'sent')).toBe(true);
    expect(new Set(server.mails.flatMap(({ to }) => to)).size).toBe(20);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('gets no content when it must not be sent any more', async () => {
    const { server, url } = await startMailServer();
    const sender = senderTo(url);
    expect(await send(sender, {}, { begin: async () => false })).toMatchObject({
      kind: 'withheld',
      begun: 1,
    });
    const away = async (): Promise<boolean> => {
      throw new Error('the store is away');
    };
    expect(await send(sender, {}, { begin: away })).toMatchObject({ kind: 'withheld', begun: 1 });
    expect(server.mails).toEqual([]);
    expect((await send(sender)).kind).toBe('sent');
  });
});

test.each([
  ['a recipient', 'x@example.org\r\nRCPT TO:<other@example.org>'],
  ['a recipient list', 'x@example.org, other@example.org'],
])('%s that would be more than one address reaches nobody else', async (_, to) => {
  const { server, url } = await startMailServer();
  expect(await send(senderTo(url), { to })).toMatchObject({ kind: 'refused', begun: 0 });
  expect([server.asked, server.mails]).toEqual([[], []]);
});

test.each([['Hello\r\nBcc: other@example.org'], ['Hello\nX-Other: 1'], ['Hello\u2028Bcc: a@b.org']])(
  'a subject %j makes no header of its own',
  async (subject) => {
    const { server, url } = await startMailServer();
    expect((await send(senderTo(url), { subject })).kind).toBe('sent');
    const { headers } = read(server.mails[0]?.raw ?? '');
    expect(headers).not.toMatch(/^(bcc|x-other):/im);
    expect(server.mails[0]?.to).toEqual([message.to]);
  },
);

describe('a server that refuses', () => {
  test.each([
    [550, 'refused'],
    [554, 'refused'],
    [451, 'later'],
    [452, 'later'],
    [503, 'later'],
    [530, 'unreachable'],
    [421, 'unreachable'],
  ] as const)('the recipient with %i: %s, and the next one is served', async (code, kind) => {
    const { server, url } = await startMailServer();
    server.recipient = (to) => (to === message.to ? code : null);
    const sender = senderTo(url);
    expect(await send(sender)).toEqual({ kind, code: String(code), begun: 0 });
    expect((await send(sender, { to: 'next@example.org' })).kind).toBe('sent');
    expect(server.mails.flatMap(({ to }) => to)).toEqual(['next@example.org']);
  });

  test.each([
    [552, 'refused'],
    [451, 'later'],
  ] as const)('the content with %i: %s', async (code, kind) => {
    const { server, url } = await startMailServer();
    server.content = () => code;
    expect(await send(senderTo(url))).toEqual({ kind, code: String(code), begun: 1 });
  });
});

describe('a server that is slow or away', () => {
  test('is unreachable when nothing listens', async () => {
    const { kind, code, begun } = await send(senderTo(`smtp://127.0.0.1:${await closedPort()}`));
    expect({ kind, begun }).toEqual({ kind: 'unreachable', begun: 0 });
    expect(code).toMatch(/^E[A-Z]+$/);
  });

  test('is unreachable when its name leads nowhere', async () => {
    expect(await send(senderTo('smtp://mail.invalid', quick))).toMatchObject({
      kind: 'unreachable',
      begun: 0,
    });
  });

  test('is unreachable when it never greets', async () => {
    const { url } = await startSilentServer();
    expect(await send(senderTo(url, quick))).toEqual({ kind: 'unreachable', code: 'ETIMEDOUT', begun: 0 });
  });

  test.each(['stall', 'hang-up'] as const)('may have taken what it did not answer for (%s)', async (how) => {
    const { server, url } = await startMailServer();
    server.afterContent = how;
    const result = await send(
      senderTo(url, { ...quick, connectMs: 5_000, greetingMs: 5_000, silenceMs: 1_000 }),
    );
    expect(result).toMatchObject({ kind: 'unknown', begun: 1 });
    expect(server.mails).toHaveLength(1);
  });

  test('is given up on at once when asked to, and takes the next e-mail', async () => {
    const { url } = await startSilentServer();
    const giveUp = new AbortController();
    const sending = send(senderTo(url), {}, { signal: giveUp.signal });
    setTimeout(() => giveUp.abort(), 50);
    expect(await sending).toEqual({ kind: 'unreachable', code: 'EABORT', begun: 0 });
  });

  test('given up on after the content, may have taken it', async () => {
    const { server, url } = await startMailServer();
    server.afterContent = 'stall';
    const giveUp = new AbortController();
    const sending = send(senderTo(url), {}, { signal: giveUp.signal });
    while (server.mails.length === 0) await new Promise(setImmediate);
    giveUp.abort();
    expect(await sending).toMatchObject({ kind: 'unknown', begun: 1 });
  });

  test('that closed a kept connection gets the e-mail on another one', async () => {
    const { server, url, port } = await startMailServer();
    const sender = senderTo(url);
    expect((await send(sender)).kind).toBe('sent');
    await server.close();
    const next = await import('../support/mail-server.ts').then(({ MailServer }) => new MailServer());
    await next.listen(port);
    onTestFinished(() => next.close());
    expect(await send(sender, { to: 'next@example.org' })).toMatchObject({ kind: 'sent', begun: 1 });
    expect(next.mails.map(({ to }) => to)).toEqual([['next@example.org']]);
  });
});

test('what is told of a failure never holds an address', async () => {
  const { server, url } = await startMailServer();
  const told: SendResult[] = [];
  for (const code of [550, 451, 421]) {
    server.recipient = () => code;
    told.push(await send(senderTo(url)));
  }
  server.recipient = () => null;
  server.content = () => 552;
  told.push(await send(senderTo(url)));
  expect(JSON.stringify(told)).not.toContain('example.org');
});
