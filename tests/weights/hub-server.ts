/** A server on this machine that answers the calls of a pull as the model hub does, or as a test says. */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HubAccess } from '../../weights/hub/hub-access.js';
import type { PullTarget } from '../../weights/hub/target.js';

const REPOSITORY = 'someone/a-model';

/** How a test answers one request instead of the hub. */
export type Reply = (request: IncomingMessage, response: ServerResponse, file: Uint8Array) => void;

export interface HubServer {
  endpoint: string;
  access(token?: string): HubAccess;
  /** What the repository has: path → bytes. */
  files: Map<string, Uint8Array>;
  /** Answers to the next requests for a file's body, by path; the hub's own way follows. */
  bodies: Map<string, Reply[]>;
  /** Answers to the next requests for sizes and checksums. */
  listings: Reply[];
  /** `METHOD path` and what matters of the headers, in order. */
  requests: { line: string; range?: string; authorization?: string }[];
  /** Requests for bodies. */
  fetches(): HubServer['requests'];
}

export async function withHub<T>(files: Record<string, Uint8Array>, use: (hub: HubServer) => Promise<T>): Promise<T> {
  const hub: HubServer = {
    endpoint: '',
    access: (token) => ({ endpoint: hub.endpoint, displayName: 'the mirror in HF_ENDPOINT', token }),
    files: new Map(Object.entries(files)),
    bodies: new Map(),
    listings: [],
    requests: [],
    fetches: () => hub.requests.filter(({ line }) => line.startsWith('GET ')),
  };
  const server = createServer((request, response) => answer(hub, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await use(hub);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A target with the files of that repository. */
export function targetOf(files: PullTarget['files'][number][]): PullTarget {
  return { name: 'a-model', title: 'a model', licence: 'none', files };
}

/** Lines for the file of the repository that has the same name. */
export function file(name: string, rest: Partial<PullTarget['files'][number]> = {}): PullTarget['files'][number] {
  return { name, sources: [{ repository: REPOSITORY, path: name }], ...rest };
}

export const status =
  (code: number, headers: Record<string, string> = {}): Reply =>
  (_, response) =>
    void response.writeHead(code, headers).end('no');

/** As the hub does: everything, or from the first byte of the Range on. */
export const whole: Reply = (request, response, bytes) => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= bytes.length && start > 0) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': bytes.length - start,
    'accept-ranges': 'bytes',
    ...(start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  response.end(bytes.subarray(start));
};

/**
 * The first `length` bytes of what is asked for; then the connection breaks, but not before they have `arrived`: a client
 * may lose what it has received and not yet read.
 */
export const cutAfter =
  (length: number, arrived: () => boolean): Reply =>
  (request, response, bytes) => {
    const breakOff = (): void => void (arrived() ? response.destroy() : setTimeout(breakOff, 2));
    const cut = Object.assign(Object.create(response) as ServerResponse, {
      writeHead: (code: number, headers: Record<string, string>) => response.writeHead(code, headers),
      end: (rest: Uint8Array) => response.write(rest.subarray(0, length), breakOff),
    });
    whole(request, cut, bytes);
  };

export const silence: Reply = () => {};

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function answer(hub: HubServer, request: IncomingMessage, response: ServerResponse): void {
  const path = decodeURIComponent(new URL(request.url!, hub.endpoint).pathname);
  const { range, authorization } = request.headers;
  hub.requests.push({ line: `${request.method} ${path}`, range, authorization });
  if (request.method === 'POST' && path === `/api/models/${REPOSITORY}/paths-info/main`) {
    let body = '';
    request.on('data', (text) => (body += text));
    request.on('end', () => {
      const reply = hub.listings.shift();
      if (reply) reply(request, response, new Uint8Array());
      else list(hub, (JSON.parse(body) as { paths: string[] }).paths, response);
    });
    return;
  }
  const name = path.replace(`/${REPOSITORY}/resolve/main/`, '').replace(/^\//, '');
  const bytes = hub.files.get(name);
  const reply = hub.bodies.get(name)?.shift();
  if (reply) reply(request, response, bytes ?? new Uint8Array());
  else if (bytes) whole(request, response, bytes);
  else status(404)(request, response, new Uint8Array());
}

/** Large files have an LFS oid, which is their sha256; text files of the repository have none. */
function list(hub: HubServer, paths: string[], response: ServerResponse): void {
  const infos = paths.flatMap((path) => {
    const bytes = hub.files.get(path);
    if (!bytes) return [];
    const info = { type: 'file', path, size: bytes.length, oid: '0'.repeat(40) };
    return [
      path.endsWith('.bin') ? { ...info, lfs: { oid: sha256Of(bytes), size: bytes.length, pointerSize: 134 } } : info,
    ];
  });
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(infos));
}
