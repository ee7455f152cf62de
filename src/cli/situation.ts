/** What every command has at hand: the language, the service, and the one way to answer. */
import type { Command } from 'commander';
import { ApiClient } from './api-client.ts';
import { apiKeyOf, apiUrlOf } from './connection.ts';
import type { Terminal } from './terminal.ts';
import { localeOf, Voice } from './voice.ts';

/** Options of every command. */
export type CommonOptions = { json?: true; lang?: string; url?: string };

export type Situation = {
  voice: Voice;
  api: ApiClient;
  isJson: boolean;
  /** Answers: with `--json` the result as one line, else the lines for people. */
  tell: (result: object, lines: () => readonly string[]) => void;
};

/** Of the command that runs. Throws Refusal for an address that is none. */
export function situationOf(command: Command, terminal: Terminal): Situation {
  const options = command.optsWithGlobals<CommonOptions>();
  const isJson = options.json === true;
  const { environment } = terminal;
  const api = new ApiClient(apiUrlOf(options.url, environment), () => apiKeyOf(environment));
  return {
    voice: new Voice(localeOf(options.lang, environment) ?? 'en'),
    api,
    isJson,
    tell: (result, lines) => {
      if (isJson) terminal.out(JSON.stringify(result));
      else for (const line of lines()) terminal.out(line);
    },
  };
}
