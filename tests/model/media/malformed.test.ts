/** Malformed clips: each ends in a named error within ten seconds and leaves no output. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { decodeAudio } from '../../../model/media/audio.js';
import { openClip } from '../../../model/media/clip.js';
import { MediaError } from '../../../model/media/errors.js';
import { writeSound } from '../../../model/media/mux.js';
import { encodeWav } from '../../../model/media/wav.js';
import { uniformSource } from '../../harness/random.js';
import { suite } from '../../harness/suite.js';
import { clip, pictureWithSound, scratch, tone } from './clips.js';

const test = suite('media: malformed files');
const LIMIT = { limit: 10 };

/** What `run` does with a clip: decode every frame, then write the clip with sound. */
async function use(path: string, output: string): Promise<void> {
  const opened = await openClip(path);
  const size = { width: 64, height: 64 };
  for await (const _ of opened.frames({ flow: { pixels: 'gray8', size }, appearance: { pixels: 'rgb24', size } }));
  await writeSound({ clip: opened, samples: tone(1), sampleRate: 16000, output });
}

/** A named error of the media room, with the file in its message; not a crash of ours. */
async function assertNamed(name: string, work: (path: string) => Promise<unknown>, path: string): Promise<void> {
  await assert.rejects(work(path), (error: unknown) => {
    assert.ok(error instanceof MediaError, `${name}: ${error}`);
    assert.notEqual(error.name, 'Error');
    assert.ok(error.message.includes(path), `${name}: the message does not name the file: ${error.message}`);
    assert.ok(!error.message.includes('\n'), `${name}: more than one line: ${error.message}`);
    return true;
  });
}

/** Pseudo-random bytes that are the same in every run. */
function noise(length: number, seed: number): Buffer {
  const uniform = uniformSource(seed);
  return Buffer.from(Uint8Array.from({ length }, () => Math.floor(256 * uniform())));
}

type Make = () => Buffer | Promise<Buffer>;
const good = async (): Promise<Buffer> => readFileSync(await pictureWithSound('good.mp4', '64x48', '25', 3));
/** The index of the film at the front, so that a cut file still opens. */
const fast = async (): Promise<Buffer> =>
  readFileSync(
    await clip(
      'fast.mp4',
      '-i',
      await pictureWithSound('good.mp4', '64x48', '25', 3),
      '-c',
      'copy',
      '-movflags',
      '+faststart',
    ),
  );

const videos: Record<string, Make> = {
  'empty.mp4': () => Buffer.alloc(0),
  'one-byte.mp4': () => Buffer.from([0]),
  'zeros.mp4': () => Buffer.alloc(50000),
  'garbage.mp4': () => noise(50000, 1),
  'garbage.mkv': () => noise(50000, 2),
  'text.mp4': () => Buffer.from('This is a letter, not a film.\n'.repeat(50)),
  'html.mp4': () => Buffer.from('<!doctype html><title>404</title><p>Not found</p>'.repeat(20)),
  'playlist.mp4': () =>
    Buffer.from('#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n'),
  'concat.mp4': () => Buffer.from("ffconcat version 1.0\nfile '/etc/hostname'\n"),
  'subtitles.mp4': () => Buffer.from('1\n00:00:00,000 --> 00:00:02,000\nHello\n\n'.repeat(20)),
  'only-header.mp4': async () => (await good()).subarray(0, 32),
  'no-index.mp4': async () => (await good()).subarray(0, 4000),
  'cut-25.mp4': async () => cut(await good(), 0.25),
  'cut-50.mp4': async () => cut(await good(), 0.5),
  'cut-90.mp4': async () => cut(await good(), 0.9),
  'fast-cut-10.mp4': async () => cut(await fast(), 0.1),
  'fast-cut-30.mp4': async () => cut(await fast(), 0.3),
  'fast-cut-60.mp4': async () => cut(await fast(), 0.6),
  'no-packets.mp4': async () => withoutData(await fast(), 'remove'),
  'zeroed-packets.mp4': async () => withoutData(await fast(), 'zero'),
  'noise-packets.mp4': async () => withoutData(await fast(), 'noise'),
  'tiny-box.mp4': async () => patched(await good(), 'moov', -4, [0, 0, 0, 9]),
  'unknown-codec.mp4': async () => patched(await good(), 'avc1', 0, [...Buffer.from('zzzz')]),
  'zero-size-picture.mp4': async () => patched(await fast(), 'avcC', 4, Array(20).fill(0xff)),
  'picture.mp4': async () =>
    readFileSync(await clip('still.png', '-f', 'lavfi', '-i', 'testsrc2=s=32x32', '-frames:v', '1')),
  'sound-only.mp4': async () =>
    readFileSync(await clip('sound-only.m4a', '-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'aac')),
  'sound-only-wav.mp4': () => encodeWav([tone(1)], 16000),
  'cut.mkv': async () => cut(readFileSync(await pictureWithSound('good.mkv', '64x48', '25', 3)), 0.01),
};

function cut(bytes: Buffer, share: number): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

function patched(bytes: Buffer, after: string, offset: number, values: number[]): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.lastIndexOf(after);
  assert.ok(at > 0, `${after} is not in the file`);
  copy.set(values, at + offset);
  return copy;
}

function withoutData(bytes: Buffer, how: 'remove' | 'zero' | 'noise'): Buffer {
  const at = bytes.indexOf('mdat') + 4;
  if (how === 'remove') return bytes.subarray(0, at);
  return Buffer.concat([
    bytes.subarray(0, at),
    how === 'zero' ? Buffer.alloc(bytes.length - at) : noise(bytes.length - at, 3),
  ]);
}

for (const [name, make] of Object.entries(videos)) {
  test(
    `video ${name}`,
    async () => {
      mkdirSync(scratch('malformed/out'), { recursive: true });
      const path = scratch(`malformed/${name}`);
      writeFileSync(path, await make());
      await assertNamed(name, (each) => use(each, scratch(`malformed/out/${name}`)), path);
      assert.deepEqual(readdirSync(scratch('malformed/out')), []);
    },
    LIMIT,
  );
}

test(
  'video that is a folder, or missing',
  async () => {
    mkdirSync(scratch('malformed/folder.mp4'), { recursive: true });
    await assertNamed('folder', (each) => use(each, scratch('x.mp4')), scratch('malformed/folder.mp4'));
    await assertNamed('missing', (each) => use(each, scratch('x.mp4')), scratch('malformed/missing.mp4'));
    await assertNamed('below a file', (each) => use(each, scratch('x.mp4')), scratch('malformed/empty.mp4/inside.mp4'));
  },
  LIMIT,
);

test(
  'sound of files that have none',
  async () => {
    for (const name of ['garbage.mp4', 'text.mp4', 'picture.mp4', 'empty.mp4']) {
      await assertNamed(name, (each) => decodeAudio(each, { sampleRate: 16000 }), scratch(`malformed/${name}`));
    }
  },
  LIMIT,
);

test.run();
