/**
 * drill failover: loses the primary of Redis on purpose while people of its own take numbers in a room of its own, and
 * writes down, dated, whether everything that was confirmed stayed so, and how long nothing was. For staging: whoever
 * waits in other rooms of the same Redis sees the same pause.
 */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Config, readConfig } from '../config.ts';
import type { ApiClient, Body } from './api-client.ts';
import { addCommand } from './command-tree.ts';
import { PrimaryWatch, strikeByHand, strikeByOrder, until } from './drill-blow.ts';
import { type DrillRecord, drillReport, isHeld } from './drill-report.ts';
import { answersWithinMs, DrillVisitors } from './drill-visitors.ts';
import { exitCodes, Refusal, usageRefusal } from './refusal.ts';
import { changeRoom } from './room-changes.ts';
import { type Situation, situationOf } from './situation.ts';
import type { Terminal } from './terminal.ts';
import type { Bilingual, Voice } from './voice.ts';

/** Joins go on for so long before the blow, and after everything answers again. */
const calmMs = 5_000;
const ticketsAfterwards = 10;
/** Nobody is let in beyond these, over all of the drill. */
const capacity = 10;

type DrillOptions = { byHand?: true; out?: string; yes?: true };

export function addDrill(program: Command, terminal: Terminal, voice: Voice): void {
  const drill = addCommand(program, voice, {
    name: 'drill',
    description: {
      en: 'tries in staging what must not be tried for the first time at night',
      fr: 'essaie en préproduction ce qui ne doit pas l’être pour la première fois la nuit',
    },
    example: 'drill failover --yes',
  });
  addCommand(drill, voice, {
    name: 'failover',
    description: {
      en: 'loses the primary of Redis, and reports what became of what was confirmed',
      fr: 'perd le primaire de Redis, et rapporte ce qu’il est advenu de ce qui était confirmé',
    },
    example: 'drill failover --yes --out drill.md',
  })
    .option(
      '--yes',
      voice.say({
        en: 'yes: this is no Redis on which an opening runs now',
        fr: 'oui : aucune ouverture n’a lieu sur ce Redis en ce moment',
      }),
    )
    .option(
      '--by-hand',
      voice.say({
        en: 'you break it yourself within five minutes of being told to: stop the primary’s machine, or cut its network',
        fr: 'vous le cassez vous-même dans les cinq minutes après qu’on vous le dit : arrêtez la machine du primaire, ou coupez son réseau',
      }),
    )
    .option(
      '--out <file>',
      voice.say({
        en: 'where the report goes (else drill-failover-<date>.md)',
        fr: 'où va le rapport (sinon drill-failover-<date>.md)',
      }),
    )
    .action(async (options: DrillOptions, command: Command) => {
      const situation = situationOf(command, terminal);
      if (!options.yes) {
        throw usageRefusal({
          en: 'Every room on this Redis stands still for a moment: say --yes if that is meant',
          fr: 'Toutes les salles de ce Redis s’arrêteront un moment : dites --yes si c’est voulu',
        });
      }
      const record = await play(options, situation, terminal);
      const report = drillReport(record);
      const path = options.out ?? `drill-failover-${record.startedAt.slice(0, 16).replace(/[:]/g, '')}Z.md`;
      await writeFile(path, report);
      if (!isHeld(record)) terminal.exitCode = exitCodes.failed;
      situation.tell({ ...record, held: isHeld(record), report: path }, () => [
        ...report.trimEnd().split('\n'),
        '',
        voice.say({ en: `The report is in ${path}.`, fr: `Le rapport est dans ${path}.` }),
      ]);
    });
}

async function play(options: DrillOptions, situation: Situation, terminal: Terminal): Promise<DrillRecord> {
  const config = readConfig(terminal.environment);
  const { redis: access } = config;
  if (access === null) {
    throw new Refusal({
      code: 'drill-without-redis',
      title: {
        en: 'The queue is in memory: there is no Redis to lose. Set REDIS_URL as the service has it',
        fr: 'La file est en mémoire : il n’y a pas de Redis à perdre. Définissez REDIS_URL comme pour le service',
      },
    });
  }
  const { api, voice } = situation;
  const { clock } = terminal;
  const startedAt = new Date(clock.wallMs()).toISOString();
  const roomId = `drill-${startedAt.slice(0, 19).replace(/[-:]/g, '').toLowerCase()}`;
  await openRoom(api, roomId, config);
  const visitors = new DrillVisitors({ publicUrl: config.publicUrl, roomId, clock });
  // A clock's sleep keeps no process alive, and with the service away nothing else does.
  const alive = setInterval(() => undefined, calmMs);
  try {
    const before = await failoverOf(api);
    const primary = await PrimaryWatch.start(access, roomId);
    visitors.start();
    await clock.sleep(calmMs);
    if (visitors.tickets === 0) throw refusalOfVisitors(config);
    const blow = { access, roomId, primary, visitors, clock };
    const struck = options.byHand
      ? { by: 'by hand', wasSilent: await strikeByHand(blow, { terminal, voice }) }
      : { by: await strikeByOrder(blow), wasSilent: false };
    const enough = visitors.tickets + ticketsAfterwards;
    const cameBack = await until(() => visitors.tickets >= enough, { clock, withinMs: answersWithinMs });
    await clock.sleep(calmMs);
    const seen = await visitors.end();
    await primary.look();
    return {
      startedAt,
      ...struck,
      cameBack,
      topology: access.address.topology,
      waitReplicas: config.redisWaitReplicas,
      capacity,
      primary: primary.seen,
      inside: await insideOf(api, roomId),
      before,
      after: await failoverOf(api),
      ...seen,
    };
  } finally {
    await visitors.end().catch(() => undefined);
    await changeRoom(api, roomId, { method: 'DELETE' }).catch(() =>
      terminal.err(voice.say(leftBehind(roomId))),
    );
    clearInterval(alive);
  }
}

async function openRoom(api: ApiClient, roomId: string, { publicUrl }: Config): Promise<void> {
  const policy = {
    capacity,
    outflowPerMinute: 60,
    // Nobody leaves: that many are let in, and no more.
    enterWithinMs: 600_000,
    presentWithinMs: 60_000,
    abandonAfterMs: 600_000,
    targetUrl: `${publicUrl}/`,
  };
  await api.ask(`/v1/rooms/${roomId}`, { method: 'PUT', body: policy });
  const { status } = await api.ask(`/v1/rooms/${roomId}/open`, { method: 'POST', body: {} });
  if (status !== 202) return;
  throw new Refusal({
    code: 'second-person-required',
    title: {
      en: 'Opening a room needs a second person here, and a drill has one only',
      fr: 'Ouvrir une salle demande ici une seconde personne, et l’exercice n’en a qu’une',
    },
  });
}

function refusalOfVisitors({ publicUrl }: Config): Refusal {
  return new Refusal({
    code: 'drill-without-visitors',
    title: {
      en: `Nobody could take a number at ${publicUrl}, before anything was broken`,
      fr: `Personne n’a pu prendre de numéro à ${publicUrl}, avant que rien ne soit cassé`,
    },
  });
}

function leftBehind(roomId: string): Bilingual {
  return {
    en: `The room ${roomId} could not be removed: remove it once the service is back.`,
    fr: `La salle ${roomId} n’a pas pu être supprimée : supprimez-la quand le service sera revenu.`,
  };
}

/** People let in, inside or on their way; null: not told. */
async function insideOf(api: ApiClient, roomId: string): Promise<number | null> {
  try {
    const { body } = await api.ask(`/v1/rooms/${roomId}/snapshot`);
    return Number(body['admitted']) + Number(body['inside']);
  } catch {
    return null;
  }
}

/** What `/readyz` says of the next failover. */
async function failoverOf(api: ApiClient): Promise<string> {
  try {
    const { body } = await api.ask('/readyz');
    const failover = body['failover'] as Body | undefined;
    if (failover === undefined) return 'nothing stands in';
    return failover['ready'] === true ? 'would be survived' : String(failover['why']);
  } catch (error) {
    return error instanceof Refusal ? (error.detail ?? error.title.en) : String(error);
  }
}
