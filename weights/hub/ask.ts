/** One HTTP request that is answered, retried or explained. */

import {
  AccessError,
  AnswerError,
  NotThereError,
  OutOfReachError,
  RangeRefusedError,
  RateLimitError,
} from './errors.js';

/** How long to wait for a source, and how often to try. */
export interface Terms {
  /** A source that has not begun to answer after this is out of reach. */
  answerMs: number;
  /** A body from which nothing came for this long is taken for cut. */
  stallMs: number;
  /** Tries of a request that is answered 429 or 5xx, and cuts without progress in a row. */
  attempts: number;
  /** First pause between tries; it doubles. */
  firstWaitMs: number;
  /** Longest pause, also where the source asks for one by Retry-After. */
  longestWaitMs: number;
}

export const TERMS: Terms = {
  answerMs: 5_000,
  stallMs: 30_000,
  attempts: 5,
  firstWaitMs: 1_000,
  longestWaitMs: 60_000,
};

/** An address and what messages call it. */
export interface Place {
  url: string;
  called: string;
  headers: Record<string, string>;
  /** What the user can do about 401 and 403. */
  accessRemedy: string;
}

export interface AskOptions {
  terms: Terms;
  signal?: AbortSignal;
  /** Told before a pause that a 429 or 5xx makes necessary. */
  onWait?: (why: string, milliseconds: number) => void;
}

/**
 * Sends a request and hands a 2xx answer to `use`, which calls `alive` whenever bytes have come. Redirects are followed;
 * fetch drops the token where they lead to another host. 408, 429 and 5xx are tried again after a pause, other statuses
 * are not. Throws the error that the status stands for, OutOfReachError, the signal's reason, or what `use` throws.
 */
export async function ask<T>(
  place: Place,
  init: { method?: string; headers?: Record<string, string>; body?: string },
  options: AskOptions,
  use: (response: Response, alive: () => void) => Promise<T>,
): Promise<T> {
  const { terms, signal } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const patience = new Patience(signal);
    let pause: number;
    try {
      patience.expectWithin(terms.answerMs);
      const response = await fetch(place.url, {
        ...init,
        // Ranges and lengths are then those of the file itself.
        headers: { 'accept-encoding': 'identity', ...place.headers, ...init.headers },
        signal: patience.signal,
      }).catch((cause) => {
        signal?.throwIfAborted();
        throw outOfReach(place, cause, patience.lost ? terms.answerMs : undefined);
      });
      if (response.ok) return await use(response, () => patience.expectWithin(terms.stallMs));
      pause = pauseOrThrow(place, response, attempt, terms);
      options.onWait?.(`answered ${response.status}`, pause);
    } finally {
      patience.end();
    }
    await sleep(pause, signal);
  }
}

/** Pause before try number `failures` + 1. */
export function backOff(failures: number, { firstWaitMs, longestWaitMs }: Terms): number {
  return Math.min(firstWaitMs * 2 ** (failures - 1), longestWaitMs);
}

/** Resolves after a while; rejects with the signal's reason as soon as it aborts. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Aborts a request when the user does, or when what is expected does not come in time. Ending it lets the socket go. */
class Patience {
  private readonly user: AbortSignal | undefined;
  private readonly controller = new AbortController();
  private readonly stop = (): void => this.controller.abort(this.user?.reason);
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the time ran out. */
  lost = false;

  constructor(user: AbortSignal | undefined) {
    this.user = user;
    user?.addEventListener('abort', this.stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  expectWithin(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.lost = true;
      this.controller.abort();
    }, milliseconds);
  }

  end(): void {
    clearTimeout(this.timer);
    this.user?.removeEventListener('abort', this.stop);
    this.controller.abort();
  }
}

function pauseOrThrow(place: Place, { status, headers }: Response, attempt: number, terms: Terms): number {
  const file = place.called;
  const found = `status ${status}`;
  if (status === 401 || status === 403) {
    throw new AccessError('the source does not let us in', { file, found, remedy: place.accessRemedy });
  }
  if (status === 404) {
    throw new NotThereError('the source does not have it', {
      file,
      found,
      remedy: 'it was moved or taken down; look for a newer version of this program',
    });
  }
  if (status === 416) {
    throw new RangeRefusedError('the source does not send the part that is missing', {
      file,
      found,
      remedy: 'run it again to start from zero',
    });
  }
  if (status !== 408 && status !== 429 && status < 500) {
    throw new AnswerError('the source does not send it', { file, found, remedy: 'try again later' });
  }
  const asked = retryAfter(headers);
  if (attempt < terms.attempts && (asked ?? 0) <= terms.longestWaitMs) {
    return Math.max(asked ?? 0, backOff(attempt, terms));
  }
  const later = asked === undefined ? 'later' : `in ${Math.ceil(asked / 1000)} s`;
  const remedy = `run it again ${later}: it goes on where it stopped`;
  if (status === 429) throw new RateLimitError('the source has had too many requests', { file, found, remedy });
  throw new AnswerError('the source is in trouble', { file, found, remedy });
}

/** Milliseconds that a Retry-After header asks for, in either of its forms. */
function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (!text) return undefined;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

const REASONS: Record<string, string> = {
  ENOTFOUND: 'its name is not known here',
  EAI_AGAIN: 'its name cannot be looked up',
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  ENETUNREACH: 'there is no way to it',
  EHOSTUNREACH: 'there is no way to it',
};

/** The cause's own message would name the host, which may be a mirror's; its code does not. */
function outOfReach(place: Place, cause: unknown, silentMs: number | undefined): OutOfReachError {
  const code = ((cause as { cause?: { code?: string } }).cause?.code ?? '') as string;
  const why =
    silentMs === undefined ? (REASONS[code] ?? (code || 'the request failed')) : `no answer in ${silentMs / 1000} s`;
  return new OutOfReachError(`the source is out of reach: ${why}`, {
    file: place.called,
    remedy: 'check the network, or name a mirror in HF_ENDPOINT',
    cause,
  });
}
