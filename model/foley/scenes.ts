/** The six kinds of happening: what is struck by what, and how it looks at any moment. */

import type { Stage } from './camera.js';
import { type Look, luma, OUTLINES, type Outline } from './canvas.js';
import type { Colour, Material } from './materials.js';
import { bounces, type Curve, flowRate, type Schedule, STROKES, StrikerHeight, strikes } from './motion.js';
import type { Random } from './random.js';
import { anyColour, anyLook, contrasting, lookOf } from './surfaces.js';

export const SOURCES = ['bounce', 'swing', 'collide', 'steps', 'press', 'continuous'] as const;
export type Source = (typeof SOURCES)[number];

/** What will happen in a clip: either strikes, or a rate of rolling, raining or pouring. */
export interface Score {
  schedule: Schedule;
  rate?: Curve;
}

export function scoreFor(source: Source, seconds: number, random: Random): Score {
  if (source === 'continuous') return { schedule: { contacts: [], misses: [] }, rate: flowRate(seconds, random) };
  if (source === 'bounce') return { schedule: bounces(seconds, random) };
  return { schedule: strikes(seconds, source === 'swing' || source === 'press', random) };
}

/** Draws the scene as it stands at a moment. */
export type Scene = (stage: Stage, seconds: number) => void;

interface Props {
  score: Score;
  seconds: number;
  material: Material;
  /** Of the thing struck, over the usual. */
  size: number;
  /** What is behind it all. */
  wall: Colour;
  target: { outline: Outline; w: number; h: number; look: Look };
  striker: { outline: Outline; w: number; h: number; look: Look };
}

export function sceneFor(
  source: Source,
  score: Score,
  seconds: number,
  material: Material,
  size: number,
  wall: Colour,
  random: Random,
): Scene {
  const targetOutline = random.pick(['ellipse', 'box', 'box', 'capsule'] as const);
  const h = random.uniform(0.1, 0.35) * Math.sqrt(size) * (targetOutline === 'capsule' ? 0.6 : 1);
  const props: Props = {
    score,
    seconds,
    material,
    size,
    wall,
    target: { outline: targetOutline, w: random.uniform(0.25, 0.8), h, look: lookOf(material, random) },
    striker: {
      outline: random.pick(OUTLINES),
      w: random.uniform(0.1, 0.28),
      h: random.uniform(0.08, 0.24),
      look: { ...anyLook(random), colour: contrasting(wall, random) },
    },
  };
  return SCENES[source](props, random);
}

const SCENES: Record<Source, (props: Props, random: Random) => Scene> = {
  bounce: (props, random) => dropped(props, random, true),
  press: (props, random) => dropped(props, random, false),
  swing,
  collide,
  steps,
  continuous,
};

/** A ball that bounces (thrown), or a hand or tool that comes straight down. */
function dropped(props: Props, random: Random, thrown: boolean): Scene {
  const height = new StrikerHeight(props.score.schedule, thrown ? 'ballistic' : random.pick(STROKES), thrown, random);
  const base = target(props, random, !thrown);
  const { outline, w, h, look } = props.striker;
  const bottom = outline === 'triangle' ? 0.7 * Math.min(w, h) : h;
  const aside = random.uniform(-0.3, 0.3) * props.target.w;
  const drift = thrown ? random.normal(0, 0.1) : 0;
  const arm = !thrown && random.chance(0.5) ? limb(random) : undefined;
  return (stage, t) => {
    base(stage, t);
    const x = aside + drift * (t - props.seconds / 2);
    const y = -height.at(t) * 1.1 - bottom;
    if (arm)
      stage.draw('capsule', x + arm.lean * 0.9, y - 0.9, Math.atan2(-0.9, arm.lean * 0.9), 0.9, arm.width, arm.look);
    stage.draw(outline, x, y, 0, w, h, look);
  };
}

/** A stick, hammer or hand on a pivot. */
function swing(props: Props, random: Random): Scene {
  const base = target(props, random, random.chance(0.3));
  const hands = random.chance(0.3) ? 2 : 1;
  const sticks = Array.from({ length: hands }, (_, hand) => {
    const height = new StrikerHeight(
      everyOther(props.score.schedule, hand, hands),
      random.pick(STROKES),
      false,
      random,
    );
    const reach = random.uniform(0.6, 1.1);
    const side = hands === 2 ? 1 - 2 * hand : random.pick([-1, 1]);
    const head = {
      outline: random.pick(['ellipse', 'box'] as const),
      w: random.uniform(0.07, 0.16),
      h: random.uniform(0.06, 0.16),
    };
    return { height, reach, side, head, opening: random.uniform(0.7, 1.4), stick: random.uniform(0.03, 0.07) };
  });
  const look = props.striker.look;
  const dark: Look = { ...look, colour: [look.colour[0] * 0.7, look.colour[1] * 0.7, look.colour[2] * 0.7] };
  const arm = random.chance(0.4) ? limb(random) : undefined;
  const spread = hands === 2 ? 0.3 * props.target.w : 0;
  return (stage, t) => {
    base(stage, t);
    for (const { height, reach, side, head, opening, stick } of sticks) {
      // The head is level with the surface at angle 0 and rises as the stick turns about its far end.
      const angle = height.at(t) * opening;
      const pivotX = side * (reach + spread);
      const pivotY = -head.h;
      const dirX = -side * Math.cos(angle);
      const dirY = -Math.sin(angle);
      const turn = Math.atan2(dirY, dirX);
      const middle = reach / 2;
      if (arm) stage.draw('capsule', pivotX + side * 0.6, pivotY + 0.2, side * 0.3, 0.6, arm.width, arm.look);
      stage.draw('capsule', pivotX + dirX * middle, pivotY + dirY * middle, turn, middle, stick, dark);
      stage.draw(head.outline, pivotX + dirX * reach, pivotY + dirY * reach, turn, head.w, head.h, look);
    }
  };
}

/** Two things that meet and part, each recoiling. */
function collide(props: Props, random: Random): Scene {
  const height = new StrikerHeight(props.score.schedule, 'ballistic', false, random);
  const { striker, target: other } = props;
  const width = Math.min(other.w, 0.25);
  const give = random.uniform(0.2, 0.6);
  const reach =
    striker.outline === 'capsule'
      ? striker.w + striker.h
      : striker.outline === 'triangle'
        ? 0.8 * Math.min(striker.w, striker.h)
        : striker.w;
  const otherReach = other.outline === 'capsule' ? width + other.h : width;
  return (stage, t) => {
    const apart = height.at(t);
    stage.draw(striker.outline, apart * 0.9 + reach, 0, 0, striker.w, striker.h, striker.look);
    stage.draw(other.outline, -apart * give - otherReach, 0, 0, width, other.h, other.look);
  };
}

/** Two feet in turn. */
function steps(props: Props, random: Random): Scene {
  const base = target(props, random, false);
  const { outline, w, h, look } = props.striker;
  const feet = [0, 1].map(
    (foot) => new StrikerHeight(everyOther(props.score.schedule, foot, 2), random.pick(STROKES), false, random),
  );
  const leg = random.chance(0.6) ? limb(random) : undefined;
  const bottom = outline === 'triangle' ? 0.7 * Math.min(w * 0.8, h) : h;
  return (stage, t) => {
    base(stage, t);
    for (let foot = 0; foot < 2; foot++) {
      const x = (-0.3 + 0.6 * foot) * props.target.w;
      const y = -feet[foot].at(t) * 0.8 - bottom;
      if (leg) stage.draw('capsule', x, y - 0.8, Math.PI / 2, 0.8, leg.width, leg.look);
      stage.draw(outline, x, y, 0, w * 0.8, h, look);
    }
  };
}

/** Rolling, rain or pouring, as fast as the rate. */
function continuous(props: Props, random: Random): Scene {
  return random.pick([rolling, raining, pouring])(props, random);
}

function rolling({ score, seconds, striker, target: { look } }: Props, random: Random): Scene {
  const travelled = distanceAlong(score.rate!, seconds);
  const forth = 2.2 * random.pick([-1, 1]);
  const wraps = random.chance(0.5);
  const start = random.uniform(-1, 1);
  const { outline, w, h } = striker;
  return (stage, t) => {
    const way = start + forth * travelled(t);
    const x = wraps ? ((((way + 1.2) % 2.4) + 2.4) % 2.4) - 1.2 : Math.sin(way * 2) * 0.8;
    stage.draw('box', 0, 0.3, 0, 1.6, 0.3, look);
    stage.draw(outline, x, -h, outline === 'ellipse' ? way / h : 0, w, h, striker.look);
  };
}

function raining({ score, wall }: Props, random: Random): Scene {
  const drops = Array.from({ length: 60 }, () => ({
    x: random.uniform(-1.2, 1.2),
    phase: random.uniform(),
    speed: random.uniform(0.6, 1.4),
    threshold: random.uniform(),
  }));
  const look: Look = { colour: luma(wall) > 0.45 ? [0.1, 0.1, 0.15] : [0.8, 0.85, 0.95], opacity: 0.8 };
  return (stage, t) => {
    const rate = score.rate!.at(t);
    for (const { x, phase, speed, threshold } of drops) {
      if (threshold >= rate) continue;
      const fall = (phase + speed * t) % 1;
      stage.draw('capsule', x, fall * 2.6 - 1.3, Math.PI / 2, 0.09, 0.02, look);
    }
  };
}

function pouring({ score, seconds, target: { look } }: Props, random: Random): Scene {
  const rate = score.rate!;
  const sway = new Float64Array(64).map(() => random.normal(0, 0.02));
  const blobs = Array.from({ length: 14 }, () => ({
    phase: random.uniform(),
    aside: random.uniform(-1, 1),
    speed: random.uniform(0.9, 1.3),
  }));
  const bright: Look = { colour: [0.9, 0.93, 0.97], opacity: 0.6 };
  const pool = random.chance(0.6);
  const fallen = distanceAlong(rate, seconds);
  return (stage, t) => {
    const now = rate.at(t);
    if (pool) stage.draw('ellipse', 0, 0.9, 0, 0.6 + 0.05 * fallen(t), 0.15, look);
    if (now < 0.03) return;
    const width = 0.02 + 0.16 * now;
    stage.draw('box', sway[Math.floor(t * 30) & 63], -0.2, 0, width, 1.1, look);
    for (const { phase, aside, speed } of blobs) {
      const fall = (phase + speed * 2 * t) % 1;
      stage.draw('ellipse', aside * width, fall * 2.2 - 1.3, 0, 0.02 + 0.02 * now, 0.05, bright);
    }
  };
}

/** The way covered at a moment, the rate being a speed: its integral, held at 100 knots a second. */
function distanceAlong(rate: Curve, seconds: number): (t: number) => number {
  const knots = new Float64Array(Math.ceil(seconds * 100) + 2);
  for (let i = 1; i < knots.length; i++) knots[i] = knots[i - 1] + rate.at((i - 0.5) / 100) / 100;
  return (t) => {
    const i = Math.min(knots.length - 2, Math.floor(t * 100));
    return knots[i] + (knots[i + 1] - knots[i]) * (t * 100 - i);
  };
}

/** The thing that is struck: it may give way under a strike, or tilt and swing back. */
function target(props: Props, random: Random, dents: boolean): Scene {
  const { outline, w, h, look } = props.target;
  const { contacts } = props.score.schedule;
  const give = dents || random.chance(0.3) ? 0.06 : 0;
  const tilt = random.chance(0.3) ? random.uniform(0.03, 0.15) : 0;
  const rim: Look | undefined = props.material.name === 'drum' ? { colour: anyColour(random), opacity: 1 } : undefined;
  return (stage, t) => {
    let dent = 0;
    let swing = 0;
    for (const { time, velocity } of contacts) {
      if (time > t) break;
      dent += give * velocity * Math.exp((time - t) / 0.08);
      swing += tilt * velocity * Math.exp((time - t) / 0.3) * Math.sin(2 * Math.PI * 3 * (t - time));
    }
    if (rim) stage.draw(outline, 0, h + dent + 0.04, swing, w + 0.05, h, rim);
    stage.draw(outline, 0, h + dent, swing, w, h, look);
  };
}

function limb(random: Random): { width: number; lean: number; look: Look } {
  return { width: random.uniform(0.06, 0.15), lean: random.uniform(-0.6, 0.6), look: anyLook(random) };
}

/** The contacts of one of several hands or feet that strike in turn. */
function everyOther(schedule: Schedule, which: number, of: number): Schedule {
  return {
    contacts: schedule.contacts.filter((_, i) => i % of === which),
    misses: which === 0 ? schedule.misses : [],
  };
}
