/**
 * doctor: looks at everything that an opening hangs on and that two people overlook, with the service's own settings. It
 * changes nothing (it writes one empty file and removes it), gives each look a few seconds, and names what is wrong once:
 * what cannot be judged before something else is put right is skipped.
 */
import type { Command } from 'commander';
import { type Config, ConfigError, readConfig } from '../config.ts';
import { addCommand } from './command-tree.ts';
import { signingKeyFindings } from './doctor-keys.ts';
import { machineFindings } from './doctor-machine.ts';
import { publicFindings } from './doctor-public.ts';
import { redisFindings, redisFirst } from './doctor-redis.ts';
import { lookAtService } from './doctor-service.ts';
import { type Finding, inOrder, ok, type Verdict, verdictOf, wrong } from './finding.ts';
import { exitCodes } from './refusal.ts';
import { type Situation, situationOf } from './situation.ts';
import type { Terminal } from './terminal.ts';
import type { Bilingual, Voice } from './voice.ts';

export function addDoctor(program: Command, terminal: Terminal, voice: Voice): void {
  addCommand(program, voice, {
    name: 'doctor',
    description: {
      en: 'is everything as it should be? Run it where the service runs, with its settings',
      fr: 'tout est-il en ordre ? À lancer là où tourne le service, avec ses réglages',
    },
    example: 'doctor --json',
  }).action(async (_options: object, command: Command) => {
    const situation = situationOf(command, terminal);
    const findings = inOrder(await examine(situation, terminal));
    const verdict = verdictOf(findings);
    if (verdict === 'fault') terminal.exitCode = exitCodes.failed;
    const said = findings.map(({ id, verdict: each, sentence, advice }) => ({
      id,
      verdict: each,
      sentence: voice.say(sentence),
      advice: advice && voice.say(advice),
    }));
    situation.tell({ verdict, findings: said }, () => reportLines(findings, voice));
  });
}

async function examine({ api, voice }: Situation, terminal: Terminal): Promise<Finding[]> {
  let config: Config;
  try {
    config = readConfig(terminal.environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [unusableSettings(error.problems)];
  }
  const { findings: ofService, rooms } = await lookAtService(api);
  const parts = await Promise.all([
    redisFindings(config, voice),
    publicFindings(config, voice),
    machineFindings(config, { rooms, voice }),
  ]);
  const keys = signingKeyFindings(config, { rooms, nowMs: terminal.clock.wallMs() });
  const isRedisFaulty = verdictOf(parts[0]) === 'fault';
  // A replica without its Redis is not ready: that is one fault, not two.
  const service = ofService.map((finding) =>
    isRedisFaulty && finding.id === 'service-ready' ? redisFirst(finding.id) : finding,
  );
  return [namesFinding(config.unknownNames), ...service, ...keys, ...parts.flat()];
}

function unusableSettings(problems: readonly string[]): Finding {
  return wrong('fault', 'settings', {
    sentence: {
      en: `The settings cannot be used: ${problems.join('; ')}`,
      fr: `Les réglages ne peuvent pas servir : ${problems.join(' ; ')}`,
    },
    advice: {
      en: 'Run the doctor with the environment of the service (docs/settings.md)',
      fr: 'Lancez le docteur avec l’environnement du service (docs/settings.md)',
    },
  });
}

function namesFinding(unknown: readonly string[]): Finding {
  if (unknown.length === 0) return ok('settings', 'The settings are usable', 'Les réglages peuvent servir');
  return wrong('warning', 'settings', {
    sentence: {
      en: `These settings do not exist: ${unknown.join(', ')}`,
      fr: `Ces réglages n’existent pas : ${unknown.join(', ')}`,
    },
    advice: {
      en: 'Look for a slip of the pen (docs/settings.md)',
      fr: 'Cherchez une faute de frappe (docs/settings.md)',
    },
  });
}

const verdictWords: { readonly [verdict in Verdict]: Bilingual } = {
  ok: { en: 'ok', fr: 'bon' },
  warning: { en: 'WARNING', fr: 'ATTENTION' },
  fault: { en: 'FAULT', fr: 'DÉFAUT' },
  skipped: { en: 'skipped', fr: 'passé' },
};

function reportLines(findings: readonly Finding[], voice: Voice): string[] {
  const width = Math.max(...Object.values(verdictWords).map((word) => voice.say(word).length));
  const lines = findings.flatMap(({ id, verdict, sentence, advice }) => [
    `${voice.say(verdictWords[verdict]).padEnd(width)}  ${id}${voice.colon} ${voice.say(sentence)}.`,
    ...(advice === null ? [] : [`${' '.repeat(width)}  → ${voice.say(advice)}.`]),
  ]);
  const count = (verdict: Verdict): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  const [faults, warnings] = [voice.number(count('fault')), voice.number(count('warning'))];
  return [
    ...lines,
    '',
    `${voice.say({ en: 'Faults', fr: 'Défauts' })}${voice.colon} ${faults}. ${voice.say({ en: 'Warnings', fr: 'Avertissements' })}${voice.colon} ${warnings}.`,
  ];
}
