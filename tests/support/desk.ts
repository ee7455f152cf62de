/** What an agent at a desk asks the service, and what the person with the code then does. */
import { expectStatus, type TestService, type Visitor } from './service.ts';
import type { Answer, Question } from './wire-client.ts';

export function deskOf(service: TestService) {
  const assist = (roomId: string, question: Question = {}): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}/tickets`, { method: 'POST', as: 'operator', ...question });
  const find = (roomId: string, query: string): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}/tickets?${query}`, { as: 'operator' });
  return {
    assist,
    find,
    /** A ticket that was given. */
    assisted: async (roomId: string, question: Question = {}): Promise<Answer['body']> => {
      const answer = await assist(roomId, question);
      expectStatus(answer, 201);
      return answer.body;
    },
    /** How a ticket stands that was found. */
    standing: async (roomId: string, query: string): Promise<unknown> => {
      const answer = await find(roomId, query);
      expectStatus(answer, 200);
      return answer.body['standing'];
    },
    /** Whoever typed the code. */
    resumed: async (roomId: string, code: unknown): Promise<Visitor> => {
      const path = `/v1/rooms/${roomId}/tickets/resume`;
      const answer = await service.public(path, { method: 'POST', body: { code } });
      expectStatus(answer, 200);
      return { roomId, ...(answer.body as Omit<Visitor, 'roomId'>) };
    },
  };
}
