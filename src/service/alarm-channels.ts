/** Where alarms go: the webhook and each e-mail address, one channel each, and what became of a try. */
import { createHash } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import {
  alarmEvent,
  alarmEventMediaType,
  alarmMail,
  type AlarmMessage,
  alarmMessageId,
} from './alarm-message.ts';
import { outcomeOf } from './delivery-tries.ts';
import type { EmailSender } from './email-sender.ts';
import type { WebhookSender } from './webhook-sender.ts';
import { signatureHeaders } from './webhook-signing.ts';

export type AlarmSendResult =
  | { kind: 'sent' }
  | { kind: 'failed'; againInMs: number; error: string }
  /** The receiver wants none of it. */
  | { kind: 'refused'; error: string };

export type AlarmSendOptions = {
  /** Gives up. */
  signal: AbortSignal;
  /** Which try this is, from 1. */
  tries: number;
  /** Asked just before something leaves that cannot be called back; false, or a failure: nothing does. */
  begin: () => Promise<boolean>;
};

export type AlarmChannel = {
  /** Names it to the store; no address. */
  name: string;
  kind: 'webhook' | 'email';
  /** Never rejects. Errors hold no address. */
  send(message: AlarmMessage, options: AlarmSendOptions): Promise<AlarmSendResult>;
};

const mailAgainMs = 30_000;
const mailAgainMaxMs = 600_000;

export type WebhookChannelParts = {
  url: string;
  publicUrl: string;
  /** As they are now. */
  secrets: () => readonly Buffer[];
  sender: WebhookSender;
  clock: Clock;
};

export function webhookChannel({
  url,
  publicUrl,
  secrets,
  sender,
  clock,
}: WebhookChannelParts): AlarmChannel {
  return {
    name: 'webhook',
    kind: 'webhook',
    async send(message, { signal, tries }) {
      const body = alarmEvent(message, publicUrl);
      const atMs = clock.wallMs();
      const signature = signatureHeaders(secrets(), { messageId: alarmMessageId(message), body, atMs });
      const headers = { 'content-type': alarmEventMediaType, ...signature };
      const answer = await sender.send({ url, headers, body }, signal);
      const { outcome } = outcomeOf(answer, { tries, wallMs: atMs });
      if (outcome.kind === 'failed') return outcome;
      return outcome.kind === 'disabled' ? { kind: 'refused', error: outcome.error } : { kind: 'sent' };
    },
  };
}

export type EmailChannelParts = { address: string; publicUrl: string; sender: EmailSender };

/** An e-mail whose fate is not known is sent again, under the same Message-ID: twice is better than never. */
export function emailChannel({ address, publicUrl, sender }: EmailChannelParts): AlarmChannel {
  const name = createHash('sha256').update(address).digest('hex').slice(0, 16);
  return {
    name: `email-${name}`,
    kind: 'email',
    async send(message, { signal, tries, begin }) {
      const id = alarmMessageId(message);
      const mail = { to: address, language: 'fr, en', id, ...alarmMail(message, publicUrl) };
      const { kind, code } = await sender.send(mail, { signal, begin });
      if (kind === 'sent') return { kind };
      const error = code === null ? kind : `${kind} ${code}`;
      if (kind === 'refused') return { kind, error };
      return { kind: 'failed', againInMs: Math.min(mailAgainMaxMs, mailAgainMs * 2 ** (tries - 1)), error };
    },
  };
}
