import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { exampleOf } from '../../src/cli/command-tree.ts';
import { frenchTitles } from '../../src/cli/french-titles.ts';
import { buildProgram } from '../../src/cli/guichet.ts';
import { ownTerminal } from '../../src/cli/terminal.ts';
import { localeOf, Voice } from '../../src/cli/voice.ts';
import { commandLinePage, commandLinePageUrl, commandsOf, wordsOf } from '../../src/dev/command-line-docs.ts';
import { errorCatalogue } from '../../src/domain/errors.ts';
import { guichet, guichetJson } from '../support/command-line.ts';

const voices = { en: new Voice('en'), fr: new Voice('fr') };
const trees = {
  en: buildProgram(ownTerminal(), voices.en),
  fr: buildProgram(ownTerminal(), voices.fr),
};
const everyNode = (command: Command): Command[] => [command, ...command.commands.flatMap(everyNode)];
const commands = commandsOf(trees.en).map((command) => [wordsOf(command), command] as const);

test('the page of the command line is what the command tree says', () => {
  expect(readFileSync(commandLinePageUrl, 'utf8'), 'npm run docs').toBe(commandLinePage());
});

test.each(commands)(
  '%s says in its help what it does, with an example that it understands',
  async (words, command) => {
    const { code, out } = await guichet(`${words} --help`);
    expect(code).toBe(0);
    expect(out).toContain(command.description());
    const example = exampleOf(command) ?? '';
    expect(out).toContain(`Example:\n  npm run guichet -- ${example}`);
    expect(example === words || example.startsWith(`${words} `) || words === 'rooms list').toBe(true);
    // Words that the parser does not understand end with 2 and `usage`; without a key nothing is asked.
    const said = await guichetJson(shellWords(example), { environment: {} });
    expect(said.body, example).not.toMatchObject({ error: { code: 'usage' } });
  },
);

test('every command, argument and option is described in French as well', () => {
  const texts = (tree: Command): string[] =>
    everyNode(tree).flatMap((command) => [
      command.description(),
      ...command.registeredArguments.map(({ description }) => description),
      ...command.options.map(({ description }) => description),
    ]);
  const [english, french] = [texts(trees.en), texts(trees.fr)];
  expect(french).toHaveLength(english.length);
  for (const [index, text] of french.entries()) {
    expect(text, english[index]).not.toBe('');
    expect(text).not.toBe(english[index]);
  }
});

test('every problem of the API has a title in French', () => {
  expect(Object.keys(errorCatalogue).filter((code) => !frenchTitles[code])).toEqual([]);
});

describe('words that are no command', () => {
  test.each([
    ['', 'commander'],
    ['turn', 'unknown command'],
    ['open', 'missing required argument'],
    ['open Pool', 'lower-case words'],
    ['open pool more', 'too many arguments'],
    ['open pool --reson x', 'unknown option'],
    ['open pool --reason', 'argument missing'],
    ['pace pool --capacity -1', 'whole number'],
    ['pace pool --capacity 1e3', 'whole number'],
    ['notice pool', 'either a text'],
    ['notice pool text --clear', 'either a text'],
    ['notice pool text --fr texte', 'not both'],
    ['notice pool --in text', 'es=TEXT'],
    ['rooms delete pool', '--yes'],
    ['rooms list --lang es', 'fr or en'],
    ['rooms list --url ftp://there', 'no address'],
    ['rooms list --url http://me@there', 'no user name'],
    ['api-keys create Marie', 'scope'],
    ['api-keys create Marie --scope all', 'Allowed choices'],
    ['api-keys create Marie --scope viewer --expires tomorrow', '2027-07-01'],
  ])('%s: nothing is asked of the service, and the code is 2', async (words, sentence) => {
    const list = words === '' ? [] : words.split(' ');
    const environment = { GUICHET_API_KEY: 'a-key', GUICHET_API_URL: 'http://127.0.0.1:1' };
    const said = await guichet(list, { environment });
    expect(said).toMatchObject({ code: 2, out: '' });
    if (words !== '') expect(said.err.toLowerCase()).toContain(sentence.toLowerCase());
    const { code, body } = await guichetJson(list, { environment });
    expect([code, body]).toMatchObject([2, { error: { code: 'usage', status: null, retryAfterMs: null } }]);
    const inFrench = await guichet([...list, '--lang', 'fr'], { environment });
    if (!words.includes('--lang')) expect(inFrench.code).toBe(2);
  });
});

test('a key is asked for where there is none, and never repeated where it is wrong', async () => {
  expect(await guichetJson('rooms')).toMatchObject({ code: 2, body: { error: { code: 'no-key' } } });
  const secret = 'a key with blanks';
  const { code, err } = await guichet('rooms', { environment: { GUICHET_API_KEY: secret } });
  expect([code, err]).toEqual([2, 'What GUICHET_API_KEY holds is no API key.\n']);
  const environment = { GUICHET_API_KEY_FILE: '/none/at-all' };
  expect((await guichet('rooms', { environment })).err).toContain('/none/at-all (ENOENT)');
});

test('a policy that cannot be read or is not JSON is refused before anything is asked', async () => {
  const environment = { GUICHET_API_KEY: 'a-key', GUICHET_API_URL: 'http://127.0.0.1:1' };
  const refused = { code: 2, body: { error: { code: 'file-unusable' } } };
  expect(await guichetJson('rooms put pool /none/at-all', { environment })).toMatchObject(refused);
  expect(await guichetJson('rooms patch pool -', { environment, input: '{' })).toMatchObject(refused);
});

test('the language is the one asked for, else that of the environment, else English', () => {
  const cases: [string | undefined, Record<string, string>, string | null][] = [
    ['fr', { LANG: 'en_CA.UTF-8' }, 'fr'],
    [undefined, { LANG: 'fr_CA.UTF-8' }, 'fr-CA'],
    [undefined, { LANG: 'fr_FR.UTF-8', LC_ALL: 'en_US.UTF-8' }, 'en-US'],
    [undefined, { LANG: 'de_DE@euro' }, 'en'],
    [undefined, { LANG: 'C' }, 'en'],
    [undefined, {}, 'en'],
    ['de', {}, null],
  ];
  for (const [asked, environment, locale] of cases) expect(localeOf(asked, environment)).toBe(locale);
});

test('numbers and durations are said as people write them', () => {
  const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ');
  const { en, fr } = voices;
  expect([en.number(42_000), plain(fr.number(42_000))]).toEqual(['42,000', '42 000']);
  expect([en.duration(65_000), en.duration(3_900_000)]).toEqual(['65 sec', '1 hr 5 min']);
  expect([plain(fr.duration(65_000)), plain(fr.duration(3_900_000))]).toEqual(['65 s', '1 h 5 min']);
  expect(plain(fr.range({ low: 725_000, high: 1_070_000 }))).toBe('12–18 min');
  expect(en.range({ low: 0, high: 9_000_000 })).toBe('0 sec – 2 hr 30 min');
});

/** As a shell splits it, for what examples hold. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
}
