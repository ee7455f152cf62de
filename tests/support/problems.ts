import { expect } from 'vitest';
import { type ErrorCode, errorCatalogue } from '../../src/domain/errors.ts';
import type { Answer } from './wire-client.ts';

/** The answer is a problem of this code, told as RFC 9457 says, and hides nothing else in it. */
export function expectProblem(answer: Answer, code: ErrorCode): void {
  const { status, title } = errorCatalogue[code];
  expect(answer.body, `answered ${answer.status}: ${answer.text}`).toMatchObject({ code });
  expect(answer.body).toEqual({
    type: `urn:guichet:problem:${code}`,
    title,
    status,
    code,
    detail: expect.any(String) as string,
  });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
  if (status === 429 || status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
}
