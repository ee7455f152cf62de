/**
 * watch [room…]: a line per room, live. On a terminal it is drawn again in place each second; elsewhere a line per room every
 * few seconds; with `--json` one object per room a line. While the service is away it says so and goes on asking; it ends
 * at Ctrl-C.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { addCommand, numberOption, roomsArgument } from './command-tree.ts';
import { exitCodes, Refusal, refusalLines } from './refusal.ts';
import { type RoomFigures, readFigures, watchRows, watchTable } from './room-figures.ts';
import { type Situation, situationOf } from './situation.ts';
import { rowsOf } from './table.ts';
import type { Terminal } from './terminal.ts';
import type { Voice } from './voice.ts';

const redrawEveryMs = 1_000;
const lineEveryMs = 5_000;
const everySecondsMax = 3_600;

type WatchOptions = { every?: number; times?: number };

export function addWatch(program: Command, terminal: Terminal, voice: Voice): void {
  const seconds = { en: 'seconds between two looks', fr: 'secondes entre deux regards' };
  const times = { en: 'ends after so many looks', fr: 's’arrête après tant de regards' };
  addCommand(program, voice, {
    name: 'watch',
    description: {
      en: 'a live line per room, until Ctrl-C',
      fr: 'une ligne vivante par salle, jusqu’à Ctrl-C',
    },
    example: 'watch swimming skating',
  })
    .addArgument(roomsArgument(voice))
    .addOption(numberOption('--every <seconds>', seconds, voice))
    .addOption(numberOption('--times <number>', times, voice))
    .action(async (roomIds: string[] = [], { every, times }: WatchOptions, command: Command) => {
      const situation = situationOf(command, terminal);
      const isDrawn = terminal.isInteractive && !situation.isJson;
      const everyMs =
        every === undefined
          ? isDrawn
            ? redrawEveryMs
            : lineEveryMs
          : Math.min(everySecondsMax, Math.max(1, every)) * 1_000;
      const show = isDrawn ? drawer(terminal, situation) : liner(terminal, situation);
      await watch({ roomIds, everyMs, times: times ?? Number.POSITIVE_INFINITY, show }, situation, terminal);
    });
}

type Look = { rooms: readonly RoomFigures[] } | { refusal: Refusal };

/** Looks until it is interrupted, or has looked `times` times; a service that is away ends nothing. */
async function watch(
  {
    roomIds,
    everyMs,
    times,
    show,
  }: { roomIds: readonly string[]; everyMs: number; times: number; show: (look: Look) => void },
  { api }: Situation,
  terminal: Terminal,
): Promise<void> {
  const interrupted = terminal.interrupted();
  for (let looks = 0; looks < times && !interrupted.aborted; looks += 1) {
    if (looks > 0) await pause(everyMs, undefined, { signal: interrupted }).catch(() => {});
    try {
      const rooms = await readFigures(api, roomIds, interrupted);
      if (!interrupted.aborted) show({ rooms });
    } catch (error) {
      if (interrupted.aborted) return;
      // Words that can never be right are no outage.
      if (!(error instanceof Refusal) || error.exitCode === exitCodes.usage || isFinal(error)) throw error;
      show({ refusal: error });
    }
  }
}

/** A key that is refused, or a room that is not there, will not come right by waiting. */
function isFinal({ status, code }: Refusal): boolean {
  return status === 401 || status === 403 || (status === 404 && code === 'room-unknown');
}

/** One line per room and look; while the service is away, one line for the outage. */
function liner(terminal: Terminal, { isJson, voice }: Situation): (look: Look) => void {
  return (look) => {
    const at = new Date(terminal.clock.wallMs()).toISOString();
    if ('refusal' in look) {
      const { code, title, status } = look.refusal;
      if (isJson) terminal.out(JSON.stringify({ at, error: { code, title: voice.say(title), status } }));
      else terminal.out(`${voice.time(at)}  ${refusalLines(look.refusal, voice).join(' ')}`);
      return;
    }
    if (isJson) for (const room of look.rooms) terminal.out(JSON.stringify({ at, ...room }));
    else {
      for (const row of rowsOf(watchRows(look.rooms, voice))) terminal.out(`${voice.time(at)}  ${row}`);
    }
  };
}

/** The whole table again in its place, the last figures kept while the service is away. */
function drawer(terminal: Terminal, { voice }: Situation): (look: Look) => void {
  let table: string[] = [];
  let drawnLines = 0;
  return (look) => {
    const at = voice.time(terminal.clock.wallMs());
    const isHeard = 'rooms' in look;
    if (isHeard) table = rowsOf(watchTable(look.rooms, voice));
    const note = isHeard ? at : `${at}  ${refusalLines(look.refusal, voice).join(' ')}`;
    // A line that wraps would be two when it is drawn over.
    const lines = [...table, note].map((line) => line.slice(0, terminal.columns() - 1));
    const up = drawnLines === 0 ? '' : `\u001b[${drawnLines}A`;
    terminal.draw(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[J`);
    drawnLines = lines.length;
  };
}
