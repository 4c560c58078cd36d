/** Pulling: what is fetched, kept, resumed and left alone. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { pulledFolder } from '../../weights/hub/cache.js';
import { fileSize } from '../../weights/hub/disk.js';
import { LockedError } from '../../weights/hub/errors.js';
import { hubAccess } from '../../weights/hub/hub-access.js';
import { type PullOptions, pull } from '../../weights/hub/pull.js';
import { VTA_LDM } from '../../weights/hub/vta-ldm.js';
import { suite } from '../harness/suite.js';
import { cutAfter, file, sha256Of, silence, status, targetOf, whole, withHub } from './hub-server.js';
import { inScratchFolder } from './scratch.js';

const test = suite('weights/hub: pull');
const retry: PullOptions['retry'] = {
  responseTimeoutMs: 2_000,
  idleTimeoutMs: 2_000,
  attempts: 3,
  initialDelayMs: 1,
  maxDelayMs: 2_000,
};
const big = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 7);
const small = Uint8Array.from({ length: 1000 }, (_, i) => i);
const TARGET = targetOf([
  file('big.bin', { bytes: big.length }),
  file('small.bin', { bytes: small.length }),
  file('notes.jsonl', { optional: true }),
]);

test('fetches all files, says what is to come, checks, and records', async () => {
  await withHub({ 'big.bin': big, 'small.bin': small, 'notes.jsonl': small }, (hub) =>
    inScratchFolder(async (cache) => {
      const said: string[] = [];
      const stages = new Set<string>();
      const pulled = await pull(TARGET, {
        cache,
        hub: hub.access(),
        retry,
        onPlan: ({ bytes, sources, partialBytes }) => {
          assert.equal(hub.requests.length, 0);
          said.push(`${bytes} ${partialBytes} ${sources.join()}`);
        },
        onProgress: (stage, done, total) => {
          assert.ok(done <= total);
          stages.add(stage);
        },
      });
      assert.deepEqual(said, ['301000 0 someone/a-model on the mirror in HF_ENDPOINT']);
      assert.ok(stages.has('big.bin') && stages.has('checking big.bin'));
      assert.deepEqual(pulled.fetched, ['big.bin', 'small.bin', 'notes.jsonl']);
      assert.deepEqual(pulled.files[0], { name: 'big.bin', bytes: big.length, sha256: sha256Of(big) });
      assert.deepEqual(readdirSync(pulled.folder).sort(), ['big.bin', 'notes.jsonl', 'pulled.json', 'small.bin']);
      assert.ok(readFileSync(join(pulled.folder, 'big.bin')).equals(big));
    }),
  );
});

test('a second call asks nothing, offline or not; an absent optional file is not asked for again', async () => {
  await withHub({ 'big.bin': big, 'small.bin': small }, (hub) =>
    inScratchFolder(async (cache) => {
      const options = { cache, hub: hub.access(), retry };
      const first = await pull(TARGET, options);
      assert.deepEqual(first.fetched, ['big.bin', 'small.bin']);
      hub.requests.length = 0;
      const onPlan = (): void => assert.fail('there is nothing to fetch');
      for (const offline of [false, true]) {
        assert.deepEqual(await pull(TARGET, { ...options, offline, onPlan }), { ...first, fetched: [] });
      }
      assert.deepEqual(hub.requests, []);
    }),
  );
});

test('offline says what is missing and asks nothing', async () => {
  await withHub({ 'big.bin': big, 'small.bin': small }, (hub) =>
    inScratchFolder(async (cache) => {
      await assert.rejects(pull(TARGET, { cache, hub: hub.access(), retry, offline: true }), {
        name: 'NotPulledError',
        message: /big\.bin of 300000 bytes and small\.bin .*node engine pull a-model/,
      });
      assert.deepEqual(hub.requests, []);
      assert.deepEqual(readdirSync(cache), []);
    }),
  );
});

test('goes on by Range after each cut', async () => {
  await withHub({ 'big.bin': big }, (hub) =>
    inScratchFolder(async (cache) => {
      const has = (length: number) => () => fileSize(join(cache, 'a-model', 'big.bin.part')) === length;
      hub.bodies.set('big.bin', [cutAfter(100_000, has(100_000)), cutAfter(50_000, has(150_000))]);
      const { folder } = await pull(targetOf([file('big.bin')]), { cache, hub: hub.access(), retry });
      assert.ok(readFileSync(join(folder, 'big.bin')).equals(big));
      assert.deepEqual(
        hub.fetches().map(({ range }) => range),
        [undefined, 'bytes=100000-', 'bytes=150000-'],
      );
    }),
  );
});

test('a later call goes on where an aborted one stopped, which leaves only the part', async () => {
  await withHub({ 'big.bin': big }, (hub) =>
    inScratchFolder(async (cache) => {
      const target = targetOf([file('big.bin', { bytes: big.length })]);
      const controller = new AbortController();
      hub.bodies.set('big.bin', [
        (_, response) => {
          response.writeHead(200, { 'content-length': big.length });
          response.write(big.subarray(0, 1234));
        },
      ]);
      const stopped = pull(target, {
        cache,
        hub: hub.access(),
        retry,
        signal: controller.signal,
        onProgress: (stage) => stage === 'big.bin' && controller.abort(new Error('stop')),
      });
      await assert.rejects(stopped, { message: 'stop' });
      const folder = join(cache, 'a-model');
      assert.deepEqual(readdirSync(folder), ['big.bin.part']);
      const plans: number[] = [];
      await pull(target, { cache, hub: hub.access(), retry, onPlan: ({ partialBytes }) => plans.push(partialBytes) });
      assert.deepEqual(plans, [1234]);
      assert.equal(hub.fetches().at(-1)?.range, 'bytes=1234-');
      assert.ok(readFileSync(join(folder, 'big.bin')).equals(big));
      assert.ok(!existsSync(join(folder, 'big.bin.part')));
    }),
  );
});

test('a second pull at the same time is refused by name, and one that was killed stands in nobody’s way', async () => {
  await withHub({ 'big.bin': big }, (hub) =>
    inScratchFolder(async (cache) => {
      const target = targetOf([file('big.bin', { bytes: big.length })]);
      const options = { cache, hub: hub.access(), retry };
      let second: Promise<unknown> | undefined;
      await pull(target, { ...options, onProgress: () => (second ??= assert.rejects(pull(target, options), isBusy)) });
      await second!;
      const folder = join(cache, 'a-model');
      assert.deepEqual(readdirSync(folder).sort(), ['big.bin', 'pulled.json']);
      await rm(join(folder, 'big.bin'));
      const { pid } = spawnSync(process.execPath, ['--version']);
      writeFileSync(join(folder, 'pull.lock'), `${pid}\n`);
      assert.deepEqual((await pull(target, options)).fetched, ['big.bin']);
      assert.ok(!existsSync(join(folder, 'pull.lock')));
    }),
  );
});

const isBusy = (error: Error): boolean =>
  error instanceof LockedError && error.message.includes(`process ${process.pid}`) && /wait for it/.test(error.message);

test('starts from zero where the source ignores the Range, answers 416, or the part is too long', async () => {
  const cases: [part: number, replies: ReturnType<typeof status>[], ranges: (string | undefined)[]][] = [
    [
      500,
      [(request, response, bytes) => whole({ ...request, headers: {} } as typeof request, response, bytes)],
      ['bytes=500-'],
    ],
    [500, [status(416)], ['bytes=500-', undefined]],
    [1001, [], [undefined]],
  ];
  for (const [part, replies, ranges] of cases) {
    await withHub({ 'small.bin': small }, (hub) =>
      inScratchFolder(async (cache) => {
        const folder = join(cache, 'a-model');
        await mkdir(folder);
        writeFileSync(join(folder, 'small.bin.part'), new Uint8Array(part));
        hub.bodies.set('small.bin', replies);
        await pull(targetOf([file('small.bin')]), { cache, hub: hub.access(), retry });
        assert.ok(readFileSync(join(folder, 'small.bin')).equals(small));
        assert.deepEqual(
          hub.fetches().map(({ range }) => range),
          ranges,
        );
      }),
    );
  }
});

test('a whole part needs no request for a body; a file put there by hand is checked and taken', async () => {
  await withHub({ 'big.bin': big, 'small.bin': small }, (hub) =>
    inScratchFolder(async (cache) => {
      const folder = join(cache, 'a-model');
      await mkdir(folder);
      writeFileSync(join(folder, 'big.bin.part'), big);
      writeFileSync(join(folder, 'small.bin'), small);
      const { fetched } = await pull(TARGET, { cache, hub: hub.access(), retry });
      assert.deepEqual(fetched, ['big.bin']);
      assert.deepEqual(hub.fetches(), []);
      assert.deepEqual(readdirSync(folder).sort(), ['big.bin', 'pulled.json', 'small.bin']);
    }),
  );
});

test('a file that was damaged since, or is another one, is fetched again', async () => {
  await withHub({ 'small.bin': small }, (hub) =>
    inScratchFolder(async (cache) => {
      const target = targetOf([file('small.bin')]);
      const options = { cache, hub: hub.access(), retry };
      const { folder } = await pull(target, options);
      for (const damage of [() => truncate(join(folder, 'small.bin'), 10), () => forge(folder)]) {
        await damage();
        assert.deepEqual((await pull(target, options)).fetched, ['small.bin']);
        assert.ok(readFileSync(join(folder, 'small.bin')).equals(small));
      }
    }),
  );
  async function forge(folder: string): Promise<void> {
    writeFileSync(
      join(folder, 'small.bin'),
      small.map((byte) => byte + 1),
    );
    writeFileSync(join(folder, 'pulled.json'), 'not JSON');
  }
});

test('follows redirects with the Range and without the token; a token goes to the hub only', async () => {
  await withHub({ 'blob.bin': big }, (store) =>
    withHub({ 'big.bin': big }, (hub) =>
      inScratchFolder(async (cache) => {
        const away = status(302, { location: `${store.endpoint}/blob.bin?signature=secret` });
        hub.bodies.set('big.bin', [away, away]);
        const part = join(cache, 'a-model', 'big.bin.part');
        store.bodies.set('blob.bin', [cutAfter(1000, () => fileSize(part) === 1000)]);
        const { folder } = await pull(targetOf([file('big.bin')]), { cache, hub: hub.access('a-token'), retry });
        assert.ok(readFileSync(join(folder, 'big.bin')).equals(big));
        assert.ok(hub.requests.every(({ authorization }) => authorization === 'Bearer a-token'));
        assert.deepEqual(
          store.requests.map(({ range, authorization }) => [range, authorization]),
          [
            [undefined, undefined],
            ['bytes=1000-', undefined],
          ],
        );
      }),
    ),
  );
});

test('tries again after 429, as long as it is asked to wait, and after 5xx', async () => {
  await withHub({ 'small.bin': small }, (hub) =>
    inScratchFolder(async (cache) => {
      hub.listings.push(status(503));
      hub.bodies.set('small.bin', [status(429, { 'retry-after': '2' }), status(500)]);
      const stages: string[] = [];
      const { folder } = await pull(targetOf([file('small.bin')]), {
        cache,
        hub: hub.access(),
        retry,
        onProgress: (stage) => stages.push(stage),
      });
      assert.ok(readFileSync(join(folder, 'small.bin')).equals(small));
      assert.ok(stages.includes('small.bin: answered 429, waiting 2 s'), stages.join());
      assert.equal(hub.fetches().length, 3);
    }),
  );
});

test('asks the next source when one is out of reach or does not have it; an address of its own will do', async () => {
  await withHub({ 'elsewhere.bin': small }, (other) =>
    withHub({}, (hub) =>
      inScratchFolder(async (cache) => {
        const [of] = file('small.bin').sources;
        const url = `${other.endpoint}/elsewhere.bin`;
        const sha256 = sha256Of(small);
        for (const listing of [undefined, silence]) {
          if (listing) hub.listings.push(listing);
          const target = {
            ...targetOf([file('small.bin', { sha256, sources: [of, { url }] })]),
            name: `m-${!listing}`,
          };
          const { folder } = await pull(target, {
            cache,
            hub: hub.access('a-token'),
            retry: { ...retry, responseTimeoutMs: 500 },
          });
          assert.ok(readFileSync(join(folder, 'small.bin')).equals(small));
        }
        assert.ok(other.requests.every(({ authorization }) => authorization === undefined));
      }),
    ),
  );
});

test('the folder of a pulled model, or the command that pulls it', async () => {
  await inScratchFolder(async (cache) => {
    assert.throws(() => pulledFolder('vta-ldm', cache), {
      name: 'NotPulledError',
      message: /node engine pull vta-ldm$/,
    });
    assert.throws(() => pulledFolder('other', cache), { name: 'NotPulledError', message: /expected vta-ldm/ });
    const folder = join(cache, 'vta-ldm');
    await mkdir(folder);
    for (const { name, bytes } of VTA_LDM.files) {
      if (bytes === undefined) continue;
      writeFileSync(join(folder, name), '');
      assert.throws(() => pulledFolder('vta-ldm', cache), { name: 'NotPulledError' });
      await truncate(join(folder, name), bytes);
    }
    assert.equal(pulledFolder('vta-ldm', cache), folder);
  });
});

test('mirror and token come from the environment; what cannot be right is refused without being repeated', () => {
  assert.deepEqual(hubAccess({}), { endpoint: 'https://huggingface.co', displayName: 'the model hub' });
  assert.deepEqual(hubAccess({ HF_ENDPOINT: 'https://mirror.example/hub/', HF_TOKEN: ' t \n' }), {
    endpoint: 'https://mirror.example/hub',
    displayName: 'the mirror in HF_ENDPOINT',
    token: 't',
  });
  const wrong = [
    { HF_TOKEN: 'sec\nret' },
    { HF_ENDPOINT: 'secret' },
    { HF_ENDPOINT: 'file:///secret' },
    { HF_ENDPOINT: 'https://user:secret@mirror.example' },
  ];
  for (const environment of wrong) {
    assert.throws(
      () => hubAccess(environment),
      (error: Error) => error.name === 'InvalidEnvironmentError' && !/sec\s*ret/.test(error.message),
    );
  }
});

test.run();
