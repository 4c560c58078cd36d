/** `node engine pull` as it is typed: what it prints, exit codes, Ctrl-C. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VTA_LDM } from '../../weights/hub/vta-ldm.js';
import { suite } from '../harness/suite.js';
import { inScratchFolder } from '../weights/scratch.js';

const test = suite('tools: pull');
const main = fileURLToPath(new URL('../../tools/main.js', import.meta.url));
const [unet, vae] = VTA_LDM.files.map(({ name }) => name) as [string, string];

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command with its cache in `home`; `during` gets the means to send it a signal. */
async function command(
  args: string[],
  home: string,
  endpoint = 'http://127.0.0.1:9',
  during?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>,
): Promise<Ended> {
  const env = { ...process.env, XDG_CACHE_HOME: home, HOME: home, LOCALAPPDATA: home };
  const child = spawn(process.execPath, [main, 'pull', ...args], {
    env: { ...env, HF_ENDPOINT: endpoint, HF_TOKEN: 'the-token' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (ended.stdout += text));
  child.stderr.on('data', (text) => (ended.stderr += text));
  const closed = new Promise((resolve) => child.once('close', resolve));
  await during?.((signal) => child.kill(signal));
  ended.code = (await closed) as number | null;
  assert.doesNotMatch(ended.stdout + ended.stderr, /the-token|127\.0\.0\.1/);
  return ended;
}

async function withServer<T>(listener: RequestListener, use: (endpoint: string) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Where the command looked for the model in vain. */
function folderNamedIn({ stderr }: Ended): string {
  return /^error: (.+?): the weights/m.exec(stderr)![1]!;
}

/** Files of the right sizes that take no room. */
function hollow(folder: string, names: string[], less = 0): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    const { bytes } = VTA_LDM.files.find((file) => name.startsWith(file.name))!;
    writeFileSync(join(folder, name), '');
    truncateSync(join(folder, name), bytes! - less);
  }
}

test('an unknown name is wrong usage, and the known ones are told', async () => {
  await inScratchFolder(async (home) => {
    const { code, stderr } = await command(['nothing'], home);
    assert.equal(code, 2);
    assert.equal(stderr, 'error: nothing: no such model to pull; there are: vta-ldm, appearance, recordings\n');
  });
});

test('offline: one line for what is missing, one for what is complete, one object with --json', async () => {
  await inScratchFolder(async (home) => {
    const missing = await command(['vta-ldm', '--offline'], home);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /^error: .*node engine pull vta-ldm\n$/);
    assert.equal(missing.stdout, '');
    const folder = folderNamedIn(missing);
    hollow(folder, [unet, vae]);
    const complete = await command(['vta-ldm', '--offline'], home);
    assert.deepEqual(complete, { code: 0, stdout: `vta-ldm is already complete: ${folder}\n`, stderr: '' });
    const { stdout } = await command(['vta-ldm', '--offline', '--json'], home);
    assert.deepEqual(JSON.parse(stdout), {
      name: 'vta-ldm',
      folder,
      files: VTA_LDM.files.filter(({ optional }) => !optional).map(({ name, bytes }) => ({ name, bytes })),
      fetched: [],
    });
  });
});

test('says what, how large and from where, then the fault in one line', async () => {
  await inScratchFolder((home) =>
    withServer(
      (_, response) => response.writeHead(403).end(),
      async (endpoint) => {
        const { code, stdout, stderr } = await command(['vta-ldm'], home, endpoint);
        assert.equal(code, 1);
        assert.equal(stdout, '');
        assert.match(
          stderr,
          /^vta-ldm \(.*CC-BY-4\.0\): 3\.98 GB: .*\nfrom ariesssxu\/\S+ on the mirror in HF_ENDPOINT\nto /,
        );
        assert.match(stderr, /\nerror: .*status 403.*HF_TOKEN.*\n$/);
      },
    ),
  );
});

test('Ctrl-C leaves the part, which has grown by what came', async () => {
  await inScratchFolder(async (home) => {
    const folder = folderNamedIn(await command(['vta-ldm', '--offline'], home));
    // Nearly whole, so that the test needs no room on the disk.
    hollow(folder, [`${unet}.part`, `${vae}.part`], 1_000_000);
    const before = statSync(join(folder, `${unet}.part`)).size;
    const sent = 12_345;
    const hub: RequestListener = (request, response) => {
      if (request.method === 'POST') {
        let body = '';
        request.on('data', (text) => (body += text));
        request.on('end', () => {
          const [path] = (JSON.parse(body) as { paths: string[] }).paths;
          const size = VTA_LDM.files.find(({ name }) => name === path)?.bytes;
          const infos = size === undefined ? [] : [{ type: 'file', path, size, oid: '0' }];
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(infos));
        });
        return;
      }
      assert.equal(request.headers.range, `bytes=${before}-`);
      const total = before + 1_000_000;
      response.writeHead(206, { 'content-range': `bytes ${before}-${total - 1}/${total}` });
      response.write(new Uint8Array(sent));
    };
    await withServer(hub, async (endpoint) => {
      const { code, stderr, stdout } = await command(['vta-ldm'], home, endpoint, async (kill) => {
        while (statSync(join(folder, `${unet}.part`)).size < before + sent)
          await new Promise((go) => setTimeout(go, 20));
        kill('SIGINT');
      });
      assert.deepEqual([code, stdout], [130, '']);
      assert.match(stderr, /3\.98 GB, 3\.98 GB of them here from last time/);
      assert.match(stderr, /\nstopped\n$/);
    });
    assert.deepEqual(readdirSync(folder).sort(), [`${vae}.part`, `${unet}.part`].sort());
    assert.equal(statSync(join(folder, `${unet}.part`)).size, before + sent);
    assert.ok(!existsSync(join(folder, unet)));
  });
});

test.run();
