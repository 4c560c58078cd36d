// Makes model/media/sample/bounce.mp4 and bounce.json: two balls that bounce on a wooden block, with the times of every
// impact. The picture is drawn here, from the closed form of the fall, so the events are exact; ffmpeg only encodes it.
//   node tools/build/make-sample.js
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'model', 'media', 'sample');
const WIDTH = 320;
const HEIGHT = 240;
const FPS = 25;
const SECONDS = 4;
const GRAVITY = 900; // pixels a second squared
const BLOCK_TOP = 190;
/** Instants averaged into a frame: the blur of half an open shutter. */
const SHUTTER_SAMPLES = 4;

const balls = [
  { radius: 13, x: 60, speed: 55, drop: 150, at: 0.2, bounce: 0.78, colour: [222, 84, 52] },
  { radius: 9, x: 262, speed: -38, drop: 165, at: 1.92, bounce: 0.7, colour: [62, 118, 214] },
];

/** Arcs of a ball between impacts: from `time` on, height above the block is up·t − g/2·t². */
function arcs(ball) {
  const fall = Math.sqrt((2 * ball.drop) / GRAVITY);
  const found = [{ time: ball.at - fall, up: GRAVITY * fall }];
  let time = ball.at + fall;
  let up = GRAVITY * fall * ball.bounce;
  for (; up > 40 && time < SECONDS; up *= ball.bounce) {
    found.push({ time, up });
    time += (2 * up) / GRAVITY;
  }
  return { fall: found, rest: time };
}

for (const ball of balls) ball.path = arcs(ball);
const events = balls
  .flatMap((ball) => ball.path.fall.slice(1).map((arc) => ({ time: arc.time, strength: arc.up / ball.bounce / 520 })))
  .sort((a, b) => a.time - b.time)
  .map(({ time, strength }) => ({ time: Number(time.toFixed(4)), strength: Number(strength.toFixed(3)) }));

/** Where a ball is at an instant: held still until it is let go, at rest after the last bounce. */
function place(ball, time) {
  const rolled = Math.max(0, Math.min(time, ball.path.rest) - ball.at);
  const x = ball.x + ball.speed * rolled;
  if (time < ball.at) return { x, y: BLOCK_TOP - ball.radius - ball.drop };
  const arc = ball.path.fall.findLast((each) => each.time <= time);
  const t = time - arc.time;
  const height = time >= ball.path.rest ? 0 : Math.max(0, arc.up * t - (GRAVITY / 2) * t * t);
  return { x, y: BLOCK_TOP - ball.radius - height };
}

const backdrop = new Float32Array(WIDTH * HEIGHT * 3);
for (let y = 0; y < HEIGHT; y++) {
  for (let x = 0; x < WIDTH; x++) {
    const inBlock = y >= BLOCK_TOP && x >= 20 && x < WIDTH - 20;
    const grain = 9 * Math.sin(y * 0.9 + 1.5 * Math.sin(x * 0.05)) + 5 * Math.sin(x * 0.21 + y * 2.3);
    const wall = 196 - 0.22 * y - 0.04 * Math.abs(x - 150);
    const colour = inBlock ? [158 + grain, 112 + grain * 0.8, 66 + grain * 0.5] : [wall, wall - 4, wall - 14];
    backdrop.set(colour, (y * WIDTH + x) * 3);
  }
}

function frame(index) {
  const sum = new Float32Array(WIDTH * HEIGHT * 3);
  for (let sample = 0; sample < SHUTTER_SAMPLES; sample++) {
    const picture = backdrop.slice();
    for (const ball of balls) draw(picture, ball, (index + (0.5 * sample) / SHUTTER_SAMPLES) / FPS);
    for (let i = 0; i < sum.length; i++) sum[i] += picture[i] / SHUTTER_SAMPLES;
  }
  return Uint8Array.from(sum, (value) => Math.max(0, Math.min(255, Math.round(value))));
}

function draw(picture, ball, time) {
  const { x, y } = place(ball, time);
  const reach = ball.radius + 1;
  for (let py = Math.max(0, Math.floor(y - reach)); py <= Math.min(HEIGHT - 1, y + reach); py++) {
    for (let px = Math.max(0, Math.floor(x - reach)); px <= Math.min(WIDTH - 1, x + reach); px++) {
      const cover = Math.max(0, Math.min(1, ball.radius + 0.5 - Math.hypot(px - x, py - y)));
      const shade = 1 - (0.35 * Math.hypot(px - x + ball.radius / 3, py - y + ball.radius / 3)) / ball.radius;
      for (let c = 0; c < 3; c++) {
        const at = (py * WIDTH + px) * 3 + c;
        picture[at] += cover * (ball.colour[c] * shade - picture[at]);
      }
    }
  }
}

mkdirSync(folder, { recursive: true });
const encoder = spawn(
  process.env.FFMPEG ?? 'ffmpeg',
  [
    ...['-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${WIDTH}x${HEIGHT}`, '-r', `${FPS}`],
    ...['-i', 'pipe:0', '-c:v', 'libx264', '-preset', 'veryslow', '-crf', '24', '-pix_fmt', 'yuv420p', '-threads', '1'],
    ...['-fflags', '+bitexact', '-flags:v', '+bitexact', '-movflags', '+faststart', join(folder, 'bounce.mp4')],
  ],
  { stdio: ['pipe', 'inherit', 'inherit'] },
);
for (let index = 0; index < FPS * SECONDS; index++) {
  if (!encoder.stdin.write(frame(index))) await new Promise((resolve) => encoder.stdin.once('drain', resolve));
}
encoder.stdin.end();
process.exitCode = await new Promise((resolve) => encoder.once('close', resolve));
writeFileSync(
  join(folder, 'bounce.json'),
  `${JSON.stringify({ clip: 'bounce.mp4', seconds: SECONDS, fps: FPS, width: WIDTH, height: HEIGHT, events }, null, 2)}\n`,
);
