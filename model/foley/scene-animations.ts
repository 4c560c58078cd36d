/** The six kinds of scene: what is struck by what, and how it is drawn at any time. */

import type { DrawingSurface } from './camera.js';
import { luma, SHAPES, type Shape, type SurfaceStyle } from './canvas.js';
import type { Color, Material } from './materials.js';
import { bounces, type Curve, flowRate, type Schedule, STROKES, StrikerHeight, strikes } from './motion.js';
import type { Random } from './random.js';
import { contrastingColor, materialStyle, randomColor, randomStyle } from './surfaces.js';

/** The kinds of source of sound. */
export const SOURCES = ['bounce', 'swing', 'collide', 'steps', 'press', 'continuous'] as const;
export type Source = (typeof SOURCES)[number];

/** When a clip sounds: either strikes, or the rate of rolling, raining or pouring over time. */
export interface SoundTimeline {
  schedule: Schedule;
  rate?: Curve;
}

export function soundTimeline(source: Source, seconds: number, random: Random): SoundTimeline {
  if (source === 'continuous') return { schedule: { contacts: [], misses: [] }, rate: flowRate(seconds, random) };
  if (source === 'bounce') return { schedule: bounces(seconds, random) };
  return { schedule: strikes(seconds, source === 'swing' || source === 'press', random) };
}

/** Draws the state of the scene at a time. */
export type SceneAnimation = (surface: DrawingSurface, seconds: number) => void;

interface Props {
  timeline: SoundTimeline;
  seconds: number;
  material: Material;
  /** Of the object that is struck, over the usual. */
  size: number;
  background: Color;
  target: SceneObject;
  striker: SceneObject;
}

/** An object of the scene: half its width, half its height, and how it is drawn. */
interface SceneObject {
  shape: Shape;
  w: number;
  h: number;
  style: SurfaceStyle;
}

export function sceneAnimation(
  source: Source,
  timeline: SoundTimeline,
  seconds: number,
  material: Material,
  size: number,
  background: Color,
  random: Random,
): SceneAnimation {
  const targetShape = random.pick(['ellipse', 'box', 'box', 'capsule'] as const);
  const h = random.uniform(0.1, 0.35) * Math.sqrt(size) * (targetShape === 'capsule' ? 0.6 : 1);
  const props: Props = {
    timeline,
    seconds,
    material,
    size,
    background,
    target: { shape: targetShape, w: random.uniform(0.25, 0.8), h, style: materialStyle(material, random) },
    striker: {
      shape: random.pick(SHAPES),
      w: random.uniform(0.1, 0.28),
      h: random.uniform(0.08, 0.24),
      style: { ...randomStyle(random), color: contrastingColor(background, random) },
    },
  };
  return ANIMATIONS[source](props, random);
}

const ANIMATIONS: Record<Source, (props: Props, random: Random) => SceneAnimation> = {
  bounce: (props, random) => dropped(props, random, true),
  press: (props, random) => dropped(props, random, false),
  swing,
  collide,
  steps,
  continuous,
};

/** A ball that bounces (thrown), or a hand or tool that comes straight down. */
function dropped(props: Props, random: Random, thrown: boolean): SceneAnimation {
  const height = new StrikerHeight(
    props.timeline.schedule,
    thrown ? 'ballistic' : random.pick(STROKES),
    thrown,
    random,
  );
  const base = target(props, random, !thrown);
  const { shape, w, h, style } = props.striker;
  const bottom = shape === 'triangle' ? 0.7 * Math.min(w, h) : h;
  const aside = random.uniform(-0.3, 0.3) * props.target.w;
  const drift = thrown ? random.normal(0, 0.1) : 0;
  const arm = !thrown && random.chance(0.5) ? limb(random) : undefined;
  return (surface, t) => {
    base(surface, t);
    const x = aside + drift * (t - props.seconds / 2);
    const y = -height.at(t) * 1.1 - bottom;
    if (arm)
      surface.draw('capsule', x + arm.lean * 0.9, y - 0.9, Math.atan2(-0.9, arm.lean * 0.9), 0.9, arm.width, arm.style);
    surface.draw(shape, x, y, 0, w, h, style);
  };
}

/** A stick, hammer or hand on a pivot. */
function swing(props: Props, random: Random): SceneAnimation {
  const base = target(props, random, random.chance(0.3));
  const hands = random.chance(0.3) ? 2 : 1;
  const sticks = Array.from({ length: hands }, (_, hand) => {
    const height = new StrikerHeight(
      everyOther(props.timeline.schedule, hand, hands),
      random.pick(STROKES),
      false,
      random,
    );
    const reach = random.uniform(0.6, 1.1);
    const side = hands === 2 ? 1 - 2 * hand : random.pick([-1, 1]);
    const head = {
      shape: random.pick(['ellipse', 'box'] as const),
      w: random.uniform(0.07, 0.16),
      h: random.uniform(0.06, 0.16),
    };
    return { height, reach, side, head, opening: random.uniform(0.7, 1.4), stick: random.uniform(0.03, 0.07) };
  });
  const style = props.striker.style;
  const dark: SurfaceStyle = { ...style, color: [style.color[0] * 0.7, style.color[1] * 0.7, style.color[2] * 0.7] };
  const arm = random.chance(0.4) ? limb(random) : undefined;
  const spread = hands === 2 ? 0.3 * props.target.w : 0;
  return (surface, t) => {
    base(surface, t);
    for (const { height, reach, side, head, opening, stick } of sticks) {
      // The head is level with the surface at angle 0 and rises as the stick turns about its far end.
      const angle = height.at(t) * opening;
      const pivotX = side * (reach + spread);
      const pivotY = -head.h;
      const dirX = -side * Math.cos(angle);
      const dirY = -Math.sin(angle);
      const turn = Math.atan2(dirY, dirX);
      const middle = reach / 2;
      if (arm) surface.draw('capsule', pivotX + side * 0.6, pivotY + 0.2, side * 0.3, 0.6, arm.width, arm.style);
      surface.draw('capsule', pivotX + dirX * middle, pivotY + dirY * middle, turn, middle, stick, dark);
      surface.draw(head.shape, pivotX + dirX * reach, pivotY + dirY * reach, turn, head.w, head.h, style);
    }
  };
}

/** Two objects that meet and part, each recoiling. */
function collide(props: Props, random: Random): SceneAnimation {
  const height = new StrikerHeight(props.timeline.schedule, 'ballistic', false, random);
  const { striker, target: other } = props;
  const width = Math.min(other.w, 0.25);
  const give = random.uniform(0.2, 0.6);
  const reach =
    striker.shape === 'capsule'
      ? striker.w + striker.h
      : striker.shape === 'triangle'
        ? 0.8 * Math.min(striker.w, striker.h)
        : striker.w;
  const otherReach = other.shape === 'capsule' ? width + other.h : width;
  return (surface, t) => {
    const apart = height.at(t);
    surface.draw(striker.shape, apart * 0.9 + reach, 0, 0, striker.w, striker.h, striker.style);
    surface.draw(other.shape, -apart * give - otherReach, 0, 0, width, other.h, other.style);
  };
}

/** Two feet in turn. */
function steps(props: Props, random: Random): SceneAnimation {
  const base = target(props, random, false);
  const { shape, w, h, style } = props.striker;
  const feet = [0, 1].map(
    (foot) => new StrikerHeight(everyOther(props.timeline.schedule, foot, 2), random.pick(STROKES), false, random),
  );
  const leg = random.chance(0.6) ? limb(random) : undefined;
  const bottom = shape === 'triangle' ? 0.7 * Math.min(w * 0.8, h) : h;
  return (surface, t) => {
    base(surface, t);
    for (let foot = 0; foot < 2; foot++) {
      const x = (-0.3 + 0.6 * foot) * props.target.w;
      const y = -feet[foot]!.at(t) * 0.8 - bottom;
      if (leg) surface.draw('capsule', x, y - 0.8, Math.PI / 2, 0.8, leg.width, leg.style);
      surface.draw(shape, x, y, 0, w * 0.8, h, style);
    }
  };
}

/** Rolling, rain or pouring, as fast as the rate. */
function continuous(props: Props, random: Random): SceneAnimation {
  return random.pick([rolling, raining, pouring])(props, random);
}

function rolling({ timeline, seconds, striker, target: { style } }: Props, random: Random): SceneAnimation {
  const travelled = distanceAlong(timeline.rate!, seconds);
  const forth = 2.2 * random.pick([-1, 1]);
  const wraps = random.chance(0.5);
  const start = random.uniform(-1, 1);
  const { shape, w, h } = striker;
  return (surface, t) => {
    const distance = start + forth * travelled(t);
    const x = wraps ? ((((distance + 1.2) % 2.4) + 2.4) % 2.4) - 1.2 : Math.sin(distance * 2) * 0.8;
    surface.draw('box', 0, 0.3, 0, 1.6, 0.3, style);
    surface.draw(shape, x, -h, shape === 'ellipse' ? distance / h : 0, w, h, striker.style);
  };
}

function raining({ timeline, background }: Props, random: Random): SceneAnimation {
  const drops = Array.from({ length: 60 }, () => ({
    x: random.uniform(-1.2, 1.2),
    phase: random.uniform(),
    speed: random.uniform(0.6, 1.4),
    threshold: random.uniform(),
  }));
  const style: SurfaceStyle = { color: luma(background) > 0.45 ? [0.1, 0.1, 0.15] : [0.8, 0.85, 0.95], opacity: 0.8 };
  return (surface, t) => {
    const rate = timeline.rate!.at(t);
    for (const { x, phase, speed, threshold } of drops) {
      if (threshold >= rate) continue;
      const fall = (phase + speed * t) % 1;
      surface.draw('capsule', x, fall * 2.6 - 1.3, Math.PI / 2, 0.09, 0.02, style);
    }
  };
}

function pouring({ timeline, seconds, target: { style } }: Props, random: Random): SceneAnimation {
  const rate = timeline.rate!;
  const sway = new Float64Array(64).map(() => random.normal(0, 0.02));
  const blobs = Array.from({ length: 14 }, () => ({
    phase: random.uniform(),
    aside: random.uniform(-1, 1),
    speed: random.uniform(0.9, 1.3),
  }));
  const bright: SurfaceStyle = { color: [0.9, 0.93, 0.97], opacity: 0.6 };
  const pool = random.chance(0.6);
  const fallen = distanceAlong(rate, seconds);
  return (surface, t) => {
    const now = rate.at(t);
    if (pool) surface.draw('ellipse', 0, 0.9, 0, 0.6 + 0.05 * fallen(t), 0.15, style);
    if (now < 0.03) return;
    const width = 0.02 + 0.16 * now;
    surface.draw('box', sway[Math.floor(t * 30) & 63]!, -0.2, 0, width, 1.1, style);
    for (const { phase, aside, speed } of blobs) {
      const fall = (phase + speed * 2 * t) % 1;
      surface.draw('ellipse', aside * width, fall * 2.2 - 1.3, 0, 0.02 + 0.02 * now, 0.05, bright);
    }
  };
}

/** The distance covered up to a time, the rate being a speed: its integral, at 100 knots a second. */
function distanceAlong(rate: Curve, seconds: number): (t: number) => number {
  const knots = new Float64Array(Math.ceil(seconds * 100) + 2);
  for (let i = 1; i < knots.length; i++) knots[i] = knots[i - 1]! + rate.at((i - 0.5) / 100) / 100;
  return (t) => {
    const i = Math.min(knots.length - 2, Math.floor(t * 100));
    return knots[i]! + (knots[i + 1]! - knots[i]!) * (t * 100 - i);
  };
}

/** The object that is struck: it may give way under a strike, or tilt and swing back. */
function target(props: Props, random: Random, dents: boolean): SceneAnimation {
  const { shape, w, h, style } = props.target;
  const { contacts } = props.timeline.schedule;
  const give = dents || random.chance(0.3) ? 0.06 : 0;
  const tilt = random.chance(0.3) ? random.uniform(0.03, 0.15) : 0;
  const rim: SurfaceStyle | undefined =
    props.material.name === 'drum' ? { color: randomColor(random), opacity: 1 } : undefined;
  return (surface, t) => {
    let dent = 0;
    let swing = 0;
    for (const { time, velocity } of contacts) {
      if (time > t) break;
      dent += give * velocity * Math.exp((time - t) / 0.08);
      swing += tilt * velocity * Math.exp((time - t) / 0.3) * Math.sin(2 * Math.PI * 3 * (t - time));
    }
    if (rim) surface.draw(shape, 0, h + dent + 0.04, swing, w + 0.05, h, rim);
    surface.draw(shape, 0, h + dent, swing, w, h, style);
  };
}

function limb(random: Random): { width: number; lean: number; style: SurfaceStyle } {
  return { width: random.uniform(0.06, 0.15), lean: random.uniform(-0.6, 0.6), style: randomStyle(random) };
}

/** The contacts of one of several hands or feet that strike in turn. */
function everyOther(schedule: Schedule, which: number, of: number): Schedule {
  return {
    contacts: schedule.contacts.filter((_, i) => i % of === which),
    misses: which === 0 ? schedule.misses : [],
  };
}
