/**
 * Times that an operator sets: `joinFrom`, `opensAt`, `closesAt`, each with its offset. People read them on their own
 * clocks, so the offset must be the one that the room's time zone has then, and the time one that its clocks show
 * once: not in the hour that is left out in spring, nor in the one that comes twice in autumn.
 */
import { PolicyProblem, type RoomPolicy } from './room.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

const scheduleFields = ['joinFrom', 'opensAt', 'closesAt'] as const;

/**
 * Throws PolicyProblem for a time that cannot be meant. Only times that change are judged (all, when the zone
 * changes): what was right when it was set stays. `before` null: a room is made. `nowMs`: wall clock.
 */
export function checkNewTimes(before: RoomPolicy | null, after: RoomPolicy, nowMs: number): void {
  const isOtherZone = before !== null && before.timeZone !== after.timeZone;
  for (const field of scheduleFields) {
    const time = after[field];
    if (time === null) continue;
    const isNew = time !== before?.[field];
    if (isNew || isOtherZone) checkOffset(field, time, after.timeZone);
    // Joining that was open already is no surprise; an opening or a close that is over is a slip of the pen.
    if (isNew && field !== 'joinFrom' && Date.parse(time) < nowMs) {
      throw new PolicyProblem(field, 'lies in the past');
    }
  }
}

function checkOffset(field: (typeof scheduleFields)[number], time: string, timeZone: string): void {
  const instantMs = Date.parse(time);
  const given = offsetOfText(time);
  const localMs = instantMs + given * minuteMs;
  const shown = new Date(localMs).toISOString().slice(0, 16);
  const real = offsetAt(timeZone, instantMs);
  const valid = offsetsOfLocal(timeZone, localMs);
  if (valid.length === 0) {
    throw new PolicyProblem(field, `${shown} does not exist in ${timeZone}: its clocks leave that hour out`);
  }
  if (valid.length > 1) {
    throw new PolicyProblem(field, `${shown} comes twice in ${timeZone}, as its clocks are set back`);
  }
  if (given !== real) {
    const wanted = offsetText(valid[0] as number);
    throw new PolicyProblem(field, `${timeZone} is at ${wanted} then, not at ${offsetText(given)}`);
  }
}

/** Minutes east of UTC that an ISO 8601 text names. */
function offsetOfText(time: string): number {
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)$/.exec(time) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function offsetText(minutes: number): string {
  const digits = (number: number): string => String(number).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}

/** Minutes east of UTC that a zone's clocks are at an instant. */
export function offsetAt(timeZone: string, instantMs: number): number {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  const name = format.formatToParts(instantMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return offsetOfText(name);
}

/** The offsets with which a zone's clocks show this local time: none in a gap, two where it comes twice. */
function offsetsOfLocal(timeZone: string, localMs: number): number[] {
  // Clocks change at most once within two days.
  const nearby = new Set(
    [localMs - dayMs, localMs + dayMs].map((instantMs) => offsetAt(timeZone, instantMs)),
  );
  return [...nearby].filter((offset) => offsetAt(timeZone, localMs - offset * minuteMs) === offset);
}
