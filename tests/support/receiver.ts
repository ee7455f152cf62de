/**
 * What stands at the other end of a delivery: a real HTTP server that checks each message as a stranger would, with the
 * libraries `standardwebhooks` and `cloudevents`, and keeps it. It can be killed and started again on the same port.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HTTP, type CloudEventV1 } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { onTestFinished } from 'vitest';

export type ReleaseData = {
  roomId: string;
  releaseNumber: number;
  deadline: string;
  tickets: { ticketId: string; number: number }[];
  counts: { tickets: number; waiting: number; admitted: number; inside: number };
};
export type ReceivedMessage = {
  event: CloudEventV1<ReleaseData>;
  headers: IncomingMessage['headers'];
  body: string;
  path: string;
};

/** Answers a message that was kept; 204 unless told otherwise. */
export type Answering = (response: ServerResponse, message: ReceivedMessage) => void;

export class Receiver {
  readonly messages: ReceivedMessage[] = [];
  /** What was wrong with those that were not kept. */
  readonly faults: string[] = [];
  answering: Answering = (response) => void response.writeHead(204).end();
  /** Messages are checked with it; without one none is accepted. */
  secret = '';
  #server: Server | null = null;
  #port = 0;

  /** Listens until the running test is over. */
  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.listen();
    onTestFinished(() => receiver.kill());
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/batches`;
  }

  /** On the same port, again after `kill`. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#receive(request, response));
    await new Promise<void>((resolve) => {
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** With every connection, at once. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const headers = request.headers as Record<string, string>;
    try {
      new Webhook(this.secret).verify(body, headers);
      const event = HTTP.toEvent<ReleaseData>({ headers, body }) as CloudEventV1<ReleaseData>;
      const message = { event, headers, body, path: request.url ?? '' };
      this.messages.push(message);
      this.answering(response, message);
    } catch (error) {
      this.faults.push(String(error));
      response.writeHead(400).end();
    }
  }

  /** As a receiver should: each id once. */
  get batches(): ReceivedMessage[] {
    const ids = new Set<string>();
    return this.messages.filter(({ event: { id } }) => !ids.has(id) && ids.add(id));
  }
  get releaseNumbers(): number[] {
    return this.batches.map(({ event }) => event.data?.releaseNumber ?? 0);
  }
  /** The numbers of all tickets, in the order in which they arrived. */
  get ticketNumbers(): number[] {
    return this.batches.flatMap(({ event }) => event.data?.tickets.map(({ number }) => number) ?? []);
  }
}
