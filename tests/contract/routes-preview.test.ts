import { describe, expect, test } from 'vitest';
import { expectProblem } from '../support/problems.ts';
import { expectStatus, newRoomId, useService } from '../support/service.ts';
import type { Answer } from '../support/wire-client.ts';
import { everyPage } from '../support/room-pages.ts';

describe.each(['memory', 'redis'] as const)('on the %s store', (kind) => {
  const service = useService(kind, 42);
  const own = {
    name: { fr: 'Loisirs <b>d’hiver</b>', en: 'Winter & "recreation"' },
    rule: '</iframe><script>alert(1)</script>',
    contact: '" onload="alert(1)',
    languages: ['fr', 'en'],
    colours: { accent: '#7a1f3d' },
    logo: 'data:image/svg+xml,%3Csvg%3E',
  };
  const preview = (roomId: string, query = '', as: 'viewer' | 'origin' = 'viewer'): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}/preview${query}`, { as });
  const post = (roomId: string, body: unknown, query = ''): Promise<Answer> =>
    service.internal(`/v1/rooms/${roomId}/preview${query}`, { method: 'POST', as: 'viewer', body });

  describe('GET /v1/rooms/{roomId}/preview', () => {
    test('is one file with every state in each of the room’s languages', async () => {
      const { status, text, headers } = await preview(await service.makeRoom(own));
      expect(status).toBe(200);
      expect(headers['content-type']).toMatch(/^text\/html/);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-robots-tag']).toBe('noindex');
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*sandbox/);
      const shown = [...text.matchAll(/<iframe sandbox [^>]*?title="([^"]+)"/g)].map(([, title]) => title);
      expect(new Set(shown).size).toBe(shown.length);
      // Without a mail server there is no e-mail to tell of; "a colour of its own" is the room's.
      const states = [...everyPage('fr').keys()].filter((name) => !/^e-mail|^a colour/.test(name));
      expect(shown.length).toBe((states.length + 4) * 2);
      for (const state of states)
        for (const language of ['Français', 'English']) expect(shown).toContain(`${state} (${language})`);
    });

    test('names each state by its headline, in the language of its page', async () => {
      const { text } = await preview(await service.makeRoom(own));
      expect(text).toMatch(/^<!doctype html>\n<html lang="fr" dir="ltr">/);
      expect(text).toContain('<h1>Aperçu\u00a0: Loisirs');
      const [french = '', english = ''] = text.split('<section ').slice(1);
      expect(french).toMatch(/^lang="fr" dir="ltr"><h2>Français<\/h2>/);
      for (const [section, headline, state] of [
        [french, 'En pause', 'paused'],
        [french, 'Cet appareil a oublié votre numéro', 'gone: forgotten'],
        [french, 'La file est complète', 'refused: room-full'],
        [french, 'Reprendre votre place sur cet appareil', 'resume'],
        [french, 'Code déjà utilisé', 'resume: code-used'],
        [english, 'Paused', 'paused'],
      ])
        expect(section).toContain(`<summary>${headline} <code lang="en" dir="ltr">${state}</code></summary>`);
    });

    test('shows each state alone, as the page is, marked, and without anything that asks or sends', async () => {
      const roomId = await service.makeRoom(own);
      for (const state of everyPage('fr').keys()) {
        if (/^e-mail|^a colour/.test(state)) continue;
        for (const lang of ['fr', 'en']) {
          const { status, text } = await preview(roomId, `?lang=${lang}&state=${encodeURIComponent(state)}`);
          expect(status, state).toBe(200);
          expect(text).toContain(`<html lang="${lang}"`);
          expect(text).toContain(lang === 'fr' ? 'Aperçu' : 'Preview');
          expect(text.match(/class="preview-mark"/g)).toHaveLength(1);
          expect(text).not.toMatch(/<script|<form[^>]* action=|<iframe/);
          const addresses = [...text.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, address]) => address);
          for (const address of addresses) expect(address).toMatch(/^#content$|^data:/);
        }
      }
    });

    test('shows the room’s own words as text, whatever they hold, and its colours and logo', async () => {
      const roomId = await service.makeRoom(own);
      const { text } = await preview(roomId, '?lang=fr&state=join');
      expect(text).toContain('Loisirs &#60;b&#62;d’hiver&#60;/b&#62;');
      expect(text).not.toMatch(/<b>|alert\(1\)<\/script>|" onload="/);
      expect(text).toContain('src="data:image/svg+xml,%3Csvg%3E"');
      expect(text.match(/rel="stylesheet"/g)).toHaveLength(2);
      const whole = (await preview(roomId)).text;
      expect(whole).not.toMatch(/<b>|<script|" onload="/);
    });

    test('takes no ticket and changes nothing', async () => {
      const roomId = await service.makeRoom(own);
      const before = (await service.internal(`/v1/rooms/${roomId}`)).body;
      await preview(roomId);
      await post(roomId, { name: 'Autre' });
      expect((await service.internal(`/v1/rooms/${roomId}`)).body).toEqual(before);
      expect((await service.join(roomId)).number).toBe(1);
    });

    test('of a state or a language that there is not is refused, as is a room', async () => {
      const roomId = await service.makeRoom(own);
      expectProblem(await preview(roomId, '?state=nonsense'), 'request-invalid');
      expectProblem(await preview(roomId, '?lang=ar'), 'request-invalid');
      expectProblem(await preview(roomId, '?lang=fr&lang=en'), 'request-invalid');
      expectProblem(await preview('No_Room'), 'request-invalid');
      expectProblem(await service.clock.during(preview(newRoomId())), 'room-unknown');
      expectProblem(await preview(roomId, '', 'origin'), 'key-forbidden');
      expectProblem(await service.internal(`/v1/rooms/${roomId}/preview`, { bearer: 'x' }), 'key-missing');
    });
  });

  describe('POST /v1/rooms/{roomId}/preview', () => {
    test('shows a policy that is not saved', async () => {
      const roomId = await service.makeRoom(own);
      const { status, text } = await post(
        roomId,
        { name: { fr: 'Piscine' }, languages: ['fr'] },
        '?state=turn',
      );
      expect(status).toBe(200);
      expect(text).toContain('Piscine');
      expect(text).not.toContain('Loisirs');
      expectStatus(await post(roomId, {}), 200);
    });

    test('refuses a policy that cannot be', async () => {
      const roomId = await service.makeRoom();
      for (const wrong of [
        { capacity: -1 },
        { colour: 'red' },
        { presentWithinMs: 3_000_000, abandonAfterMs: 5_000 },
        7,
      ])
        expectProblem(await post(roomId, wrong), 'request-invalid');
      expectProblem(await service.clock.during(post(newRoomId(), {})), 'room-unknown');
    });
  });
});
