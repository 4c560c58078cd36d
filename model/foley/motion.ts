/** When things are struck, and how they move between strikes. */
import type { SoundEvent } from './labelled-clip.js';
import type { Random } from './random.js';

/** A value that changes with time, in seconds. */
export interface Curve {
  at(seconds: number): number;
}

/** Linear interpolation between at least two evenly spaced knots; constant beyond both ends. */
export class Polyline implements Curve {
  readonly #knots: Float64Array;
  readonly #perSecond: number;

  /** @param seconds time of the last knot; the first is at 0 */
  constructor(knots: Float64Array, seconds: number) {
    this.#knots = knots;
    this.#perSecond = (knots.length - 1) / seconds;
  }

  at(seconds: number): number {
    const knots = this.#knots;
    const position = Math.min(Math.max(seconds * this.#perSecond, 0), knots.length - 1);
    const i = Math.min(Math.floor(position), knots.length - 2);
    return knots[i]! + (knots[i + 1]! - knots[i]!) * (position - i);
  }
}

/** A random walk (with `drift`, on top of a steady move) of mean zero: a hand-held or panned camera. */
export function randomWalk(seconds: number, step: number, drift: number, random: Random): Polyline {
  const knots = new Float64Array(Math.max(2, Math.ceil(seconds * 25) + 1));
  for (let i = 1; i < knots.length; i++) knots[i] = knots[i - 1]! + step * random.normal() + drift / 25;
  const mean = knots.reduce((a, b) => a + b) / knots.length;
  return new Polyline(
    knots.map((value) => value - mean),
    seconds,
  );
}

/** The contacts of a clip (one may lie past the end, so that motion goes on), and the times of strikes that miss. */
export interface Schedule {
  contacts: SoundEvent[];
  misses: number[];
}

/** Seconds around the end of the clip in which no contact lies. */
const END_MARGIN = 0.03;

/** A ball bounces lower by its restitution each time, rests, and is thrown again. */
export function bounces(seconds: number, random: Random): Schedule {
  const speed = 2 ** random.uniform(-1, 1);
  const restitution = random.uniform(0.72, 0.92);
  const contacts: SoundEvent[] = [];
  let time = random.uniform(0.2, 1.2);
  let gap = random.uniform(0.5, 1) / Math.sqrt(speed);
  let velocity = random.uniform(0.7, 1);
  for (;;) {
    contacts.push({ time, velocity });
    if (time >= seconds) break;
    time += gap;
    gap *= restitution;
    velocity *= restitution;
    if (gap < 0.11) {
      time += random.uniform(0.6, 1.4);
      gap = random.uniform(0.5, 1) / Math.sqrt(speed);
      velocity = random.uniform(0.7, 1);
    }
  }
  return { contacts: avoidEnd(contacts, seconds), misses: [] };
}

/** Strikes by someone: steady or irregular, and now and then one that misses. */
export function strikes(seconds: number, mayMiss: boolean, random: Random): Schedule {
  const base = random.uniform(0.3, 0.9) / 2 ** (0.7 * random.uniform(-1, 1));
  const steady = random.chance(0.5);
  const contacts: SoundEvent[] = [];
  for (let time = random.uniform(0.25, 1.3); ; ) {
    contacts.push({ time, velocity: random.uniform(0.35, 1) });
    if (time >= seconds) break;
    time += Math.max(0.16, base * (steady ? random.uniform(0.9, 1.1) : random.uniform(0.6, 2.2)));
  }
  const schedule: Schedule = { contacts: avoidEnd(contacts, seconds), misses: [] };
  if (mayMiss && random.chance(0.35) && contacts.length > 3) {
    schedule.misses.push(contacts.splice(1 + random.integer(contacts.length - 2), 1)[0]!.time);
  }
  return schedule;
}

/** A contact that is too near the end of the clip to be audible is moved to just after it. */
function avoidEnd(contacts: SoundEvent[], seconds: number): SoundEvent[] {
  for (const contact of contacts) {
    if (Math.abs(contact.time - seconds) < END_MARGIN) contact.time = seconds + END_MARGIN;
  }
  return contacts;
}

/** How a striker travels between two contacts. */
export type Stroke = 'ballistic' | 'raise-strike' | 'rest-raise-strike';
export const STROKES: readonly Stroke[] = ['ballistic', 'raise-strike', 'rest-raise-strike'];

interface Segment {
  from: number;
  to: number;
  /** Heights at both ends: 0 for a contact, more for a turn before it. */
  start: number;
  end: number;
  peak: number;
  stroke: Stroke;
  /** Share of the segment spent raising (raise-strike) or resting (rest-raise-strike). */
  turn: number;
}

/**
 * Height of a striker over its target: 0 at every contact, above 0 elsewhere. A throw's height follows the square of
 * its flight, as gravity has it; a hand's follows the strength of the coming strike.
 */
export class StrikerHeight implements Curve {
  readonly #segments: Segment[] = [];
  /** Height at rest, and the seconds of the way down from it to the first contact. */
  readonly #hover: number;
  readonly #leadIn: number;
  /** Times of the first and the last contact or miss. */
  readonly #first: number;
  readonly #last: number;
  /** Index of the segment that was asked for last. */
  #current = 0;

  constructor(schedule: Schedule, stroke: Stroke, thrown: boolean, random: Random) {
    const amplitude = random.uniform(0.45, 0.95);
    this.#hover = amplitude * random.uniform(0.5, 1);
    this.#leadIn = random.uniform(0.22, 0.6);
    const points = [
      ...schedule.contacts.map(({ time, velocity }) => ({ time, velocity, height: 0 })),
      ...schedule.misses.map((time) => ({ time, velocity: 0.6, height: random.uniform(0.2, 0.5) })),
    ].sort((a, b) => a.time - b.time);
    this.#first = points[0]?.time ?? Number.POSITIVE_INFINITY;
    this.#last = points.at(-1)?.time ?? Number.POSITIVE_INFINITY;
    const longest = thrown ? Math.max(...points.slice(1).map((point, i) => point.time - points[i]!.time)) : 0.45;
    for (let i = 0; i + 1 < points.length; i++) {
      const [from, to] = [points[i]!, points[i + 1]!];
      const gap = to.time - from.time;
      // A ball at rest lies a while before it is picked up and thrown again.
      const lifted = thrown && to.velocity > from.velocity;
      const share = Math.min(1, gap / longest);
      this.#segments.push({
        from: from.time,
        to: to.time,
        start: from.height,
        end: to.height,
        peak:
          amplitude * (thrown && !lifted ? share * share : share * (0.5 + 0.5 * to.velocity) * random.uniform(0.85, 1)),
        stroke: lifted ? 'rest-raise-strike' : stroke,
        turn: lifted || stroke !== 'raise-strike' ? random.uniform(0.2, 0.45) : random.uniform(0.6, 0.8),
      });
    }
  }

  at(seconds: number): number {
    if (seconds < this.#first) {
      const u = Math.max(0, 1 - (this.#first - seconds) / this.#leadIn);
      return this.#hover * (1 - u * u);
    }
    if (seconds >= this.#last) {
      const u = Math.min(1, (seconds - this.#last) / 0.5);
      return this.#hover * u * (2 - u);
    }
    if (seconds < this.#segments[this.#current]!.from) this.#current = 0;
    while (seconds >= this.#segments[this.#current]!.to) this.#current++;
    return heightIn(this.#segments[this.#current]!, seconds);
  }
}

function heightIn({ from, to, start, end, peak, stroke, turn }: Segment, seconds: number): number {
  const u = (seconds - from) / (to - from);
  const edge = (u > 0.5 ? end : start) * (2 * u - 1) ** 2;
  return edge + peak * arc(stroke, turn, u);
}

/** From 0 at u = 0 over 1 at the top back to 0 at u = 1. */
function arc(stroke: Stroke, turn: number, u: number): number {
  if (stroke === 'ballistic') return 4 * u * (1 - u);
  if (stroke === 'raise-strike') {
    return u < turn ? Math.sin(((u / turn) * Math.PI) / 2) : 1 - ((u - turn) / (1 - turn)) ** 2;
  }
  const v = Math.max(0, (u - turn) / (1 - turn));
  return 4 * v * (1 - v);
}

/** How fast something rolls, rains or pours over time, 0–1, with pauses. */
export function flowRate(seconds: number, random: Random): Polyline {
  const knots = new Float64Array(3 + random.integer(4));
  for (let i = 0; i < knots.length; i++) knots[i] = random.uniform() * (random.chance(0.75) ? 1 : 0);
  if (Math.max(...knots) < 0.3) knots[random.integer(knots.length)] = random.uniform(0.4, 1);
  return new Polyline(knots, seconds);
}
