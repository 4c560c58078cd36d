/** Pulling from sources that fail: each fault has its name and remedy, and nothing half-written has a final name. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { WeightsError } from '../../weights/errors.js';
import { fileSize } from '../../weights/hub/disk.js';
import { type PullOptions, pull } from '../../weights/hub/pull.js';
import type { PullFile } from '../../weights/hub/target.js';
import { suite } from '../harness/suite.js';
import { cutAfter, file, type HubServer, type Reply, silence, status, targetOf, withHub } from './hub-server.js';
import { inScratchFolder } from './scratch.js';

const test = suite('weights/hub: faults');
const retry: PullOptions['retry'] = {
  responseTimeoutMs: 2_000,
  idleTimeoutMs: 2_000,
  attempts: 3,
  initialDelayMs: 1,
  maxDelayMs: 100,
};
const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i * 7);
const SIZE = { 'content-length': String(bytes.length) };

interface Fault {
  /** What the source does with requests for the body, or for the listing. */
  bodies?: Reply[] | ((part: string) => Reply[]);
  listings?: Reply[];
  file?: Partial<PullFile>;
  token?: string;
  retry?: PullOptions['retry'];
  /** What the part holds beforehand. */
  part?: Uint8Array;
  arrange?: (hub: HubServer, folder: string) => void;
  error: string;
  message: RegExp;
  /** Bytes of the part afterwards; undefined: there is none. */
  left?: number;
  /** Requests for the body. */
  fetches?: number;
}

const FAULTS: Record<string, Fault> = {
  'the listing is refused (403) with a token': {
    listings: [status(403)],
    token: 'a-token',
    error: 'AccessError',
    message: /status 403.*token in HF_TOKEN/,
    fetches: 0,
  },
  'the listing is refused (401) without a token': {
    listings: [status(401)],
    error: 'AccessError',
    message: /status 401.*set HF_TOKEN/,
    fetches: 0,
  },
  'the repository does not exist': { listings: [status(404)], error: 'NotFoundError', message: /404/, fetches: 0 },
  'the repository has no such file': {
    arrange: (hub) => hub.files.clear(),
    error: 'NotFoundError',
    message: /no such file/,
    fetches: 0,
  },
  'the listing is no listing': {
    listings: [(_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Log in</p>')],
    error: 'BadResponseError',
    message: /log-in page/,
    fetches: 0,
  },
  'the source has a file of another length': {
    file: { bytes: 4999 },
    error: 'LengthError',
    message: /expected 4999 bytes, found 5000.*newer version/,
    fetches: 0,
  },
  'the source has a file of another checksum': {
    file: { sha256: 'a'.repeat(64) },
    error: 'ChecksumError',
    message: /expected sha256 a{64}/,
    fetches: 0,
  },
  'the hub does not answer': {
    listings: [silence],
    retry: { ...retry, responseTimeoutMs: 500 },
    error: 'UnreachableError',
    message: /no answer in 0\.5 s.*check the network/,
    fetches: 0,
  },
  'the body does not begin': {
    bodies: [silence],
    retry: { ...retry, responseTimeoutMs: 500 },
    error: 'UnreachableError',
    message: /no answer/,
    fetches: 1,
  },
  'the body is refused (403)': { bodies: [status(403)], error: 'AccessError', message: /403/, fetches: 1 },
  'the body is not there (404)': { bodies: [status(404)], error: 'NotFoundError', message: /404/, fetches: 1 },
  '416 twice': {
    bodies: [status(416), status(416)],
    part: bytes.subarray(0, 10),
    error: 'RangeNotSatisfiableError',
    message: /416.*from zero/,
    fetches: 2,
  },
  '429 without end': {
    bodies: [status(429), status(429), status(429)],
    part: bytes.subarray(0, 10),
    error: 'RateLimitError',
    message: /429.*run it again later/,
    left: 10,
    fetches: 3,
  },
  '429 with too long a wait': {
    bodies: [status(429, { 'retry-after': '3600' })],
    error: 'RateLimitError',
    message: /in 3600 s/,
    fetches: 1,
  },
  '500 without end': {
    bodies: [status(500), status(500), status(500)],
    error: 'BadResponseError',
    message: /500/,
    fetches: 3,
  },
  'cuts without end, the last ones without progress': {
    bodies: (part) => [cutAfter(100, () => fileSize(part) === 100), ...[1, 2, 3].map(() => cutAfter(0, () => true))],
    error: 'ConnectionLostError',
    message: /100 so far.*goes on where it stopped/,
    left: 100,
    fetches: 4,
  },
  'a body that stalls without end': {
    bodies: [1, 2, 3].map(() => (_, response) => void response.writeHead(200, SIZE).write('')),
    retry: { ...retry, idleTimeoutMs: 50 },
    error: 'ConnectionLostError',
    message: /is lost again and again/,
    left: 0,
    fetches: 3,
  },
  'a Content-Length that is too small': {
    bodies: [(_, response) => response.writeHead(200, { 'content-length': '40' }).end(bytes.subarray(0, 40))],
    error: 'LengthError',
    message: /expected 5000 bytes, found 40/,
    fetches: 1,
  },
  'a Content-Length that is too large': {
    bodies: [(_, response) => response.writeHead(200, { 'content-length': '6000' }).end(new Uint8Array(6000))],
    error: 'LengthError',
    message: /found 6000/,
    fetches: 1,
  },
  'a body without a length that does not end': {
    bodies: [(_, response) => response.writeHead(200).end(new Uint8Array(6000))],
    error: 'LengthError',
    message: /was deleted/,
    fetches: 1,
  },
  'another part than asked for': {
    bodies: [(_, response) => response.writeHead(206, { 'content-range': 'bytes 9-4999/5000' }).end(bytes.subarray(9))],
    part: bytes.subarray(0, 10),
    error: 'BadResponseError',
    message: /expected from byte 10, found from byte 9/,
    left: 10,
    fetches: 1,
  },
  'a wrong body': {
    bodies: [(_, response) => response.writeHead(200, SIZE).end(bytes.map((byte) => byte + 1))],
    error: 'ChecksumError',
    message: /was deleted.*run it again/,
    fetches: 1,
  },
  'a wrong beginning, from an earlier call': {
    part: new Uint8Array(4000).fill(1),
    error: 'ChecksumError',
    message: /was deleted/,
    fetches: 1,
  },
  'too little room on the disk': {
    listings: [
      (_, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify([{ type: 'file', path: 'f.bin', size: 2 ** 52, oid: '0' }])),
    ],
    error: 'DiskFullError',
    message: /too little space.*expected 4503599627370496 bytes free/,
    fetches: 0,
  },
};

for (const [name, fault] of Object.entries(FAULTS)) {
  test(name, () =>
    withHub({ 'f.bin': bytes }, (hub) =>
      inScratchFolder(async (cache) => {
        const folder = join(cache, 'a-model');
        await mkdir(folder);
        if (fault.part) writeFileSync(join(folder, 'f.bin.part'), fault.part);
        const bodies = typeof fault.bodies === 'function' ? fault.bodies(join(folder, 'f.bin.part')) : fault.bodies;
        hub.bodies.set('f.bin', [...(bodies ?? [])]);
        hub.listings.push(...(fault.listings ?? []));
        fault.arrange?.(hub, folder);
        const options = { cache, hub: hub.access(fault.token), retry: fault.retry ?? retry };
        await assert.rejects(pull(targetOf([file('f.bin', fault.file)]), options), (error: WeightsError) => {
          assert.equal(error.name, fault.error, error.stack);
          assert.match(error.message, fault.message);
          assert.ok(error.remedy, 'a remedy');
          assert.doesNotMatch(error.message, /\n|a-token|127\.0\.0\.1/);
          return true;
        });
        const left = fault.left === undefined ? [] : ['f.bin.part'];
        assert.deepEqual(readdirSync(folder), left);
        if (fault.left !== undefined) {
          assert.deepEqual([...readFileSync(join(folder, 'f.bin.part'))], [...bytes.subarray(0, fault.left)]);
        }
        assert.equal(hub.fetches().length, fault.fetches);
      }),
    ),
  );
}

test('nothing listens', async () => {
  const gone = await withHub({}, async (hub) => hub.access());
  await inScratchFolder(async (cache) => {
    await assert.rejects(pull(targetOf([file('f.bin')]), { cache, hub: gone, retry }), {
      name: 'UnreachableError',
      message: /connection is refused/,
    });
  });
});

test('a full disk keeps what is there', async () => {
  // Writing to it fails as on a full disk.
  if (!existsSync('/dev/full')) return;
  await withHub({ 'f.bin': bytes }, (hub) =>
    inScratchFolder(async (cache) => {
      const folder = join(cache, 'a-model');
      await mkdir(folder);
      symlinkSync('/dev/full', join(folder, 'f.bin.part'));
      await assert.rejects(pull(targetOf([file('f.bin')]), { cache, hub: hub.access(), retry }), {
        name: 'DiskFullError',
        message: /the disk is full; make room/,
      });
      assert.deepEqual(readdirSync(folder), ['f.bin.part']);
    }),
  );
});

test.run();
