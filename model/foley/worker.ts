/** The thread that makes clips: each message asks for one, each answer is one or the error. */
import { parentPort } from 'node:worker_threads';
import { type ClipOptions, makeClip } from './clip.js';

parentPort!.on('message', ({ seed, options }: { seed: number; options: ClipOptions }) => {
  const clip = makeClip(seed, options);
  const transferred = [clip.frames.buffer, clip.times.buffer, clip.sound.buffer] as ArrayBuffer[];
  parentPort!.postMessage(clip, transferred);
});
