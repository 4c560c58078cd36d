/** One HTTP request: repeated while the server is busy, and each failure a typed error. */

import { setTimeout as delay } from 'node:timers/promises';
import {
  AccessError,
  BadResponseError,
  NotFoundError,
  RangeNotSatisfiableError,
  RateLimitError,
  UnreachableError,
} from './errors.js';

/** How long to wait for a server, and how often to try. */
export interface RetryPolicy {
  /** A server that has not begun to respond after this counts as unreachable. */
  responseTimeoutMs: number;
  /** A connection on which nothing was received for this long counts as lost. */
  idleTimeoutMs: number;
  /** Tries of a request that is answered 408, 429 or 5xx, and lost connections without progress in a row. */
  attempts: number;
  /** First delay between tries; it doubles with each. */
  initialDelayMs: number;
  /** Longest delay, also where the server asks for one by Retry-After. */
  maxDelayMs: number;
}

export const RETRY_POLICY: RetryPolicy = {
  responseTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
  attempts: 5,
  initialDelayMs: 1_000,
  maxDelayMs: 60_000,
};

/** An address and its name in messages. */
export interface Endpoint {
  url: string;
  displayName: string;
  headers: Record<string, string>;
  /** What the user can do about 401 and 403. */
  accessRemedy: string;
}

export interface RequestOptions {
  retry: RetryPolicy;
  signal?: AbortSignal;
  /** Told before each delay, which 408, 429 and 5xx make necessary. */
  onRetry?: (reason: string, delayMs: number) => void;
}

/**
 * Sends a request and hands a 2xx response to `use`, which calls `onData` whenever bytes have been received. Redirects are
 * followed; fetch drops the token where they lead to another host. 408, 429 and 5xx are tried again after a delay, other
 * statuses are not.
 * @throws {UnreachableError} when there is no connection, or no response in time
 * @throws {AccessError} for 401 and 403
 * @throws {NotFoundError} for 404
 * @throws {RangeNotSatisfiableError} for 416
 * @throws {RateLimitError} for 429, when the tries or the longest delay are exceeded
 * @throws {BadResponseError} for other statuses
 * @throws the signal's reason, or what `use` throws
 */
export async function request<T>(
  endpoint: Endpoint,
  init: { method?: string; headers?: Record<string, string>; body?: string },
  options: RequestOptions,
  use: (response: Response, onData: () => void) => Promise<T>,
): Promise<T> {
  const { retry, signal } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const timeout = new RequestTimeout(signal);
    let delayMs: number;
    try {
      timeout.restart(retry.responseTimeoutMs);
      const response = await fetch(endpoint.url, {
        ...init,
        // Ranges and lengths are then those of the file itself.
        headers: { 'accept-encoding': 'identity', ...endpoint.headers, ...init.headers },
        signal: timeout.signal,
      }).catch((cause) => {
        signal?.throwIfAborted();
        throw unreachable(endpoint, cause, timeout.expired ? retry.responseTimeoutMs : undefined);
      });
      if (response.ok) return await use(response, () => timeout.restart(retry.idleTimeoutMs));
      delayMs = delayOrThrow(endpoint, response, attempt, retry);
      options.onRetry?.(`answered ${response.status}`, delayMs);
    } finally {
      timeout.dispose();
    }
    await sleep(delayMs, signal);
  }
}

/** Exponential backoff: the delay after that many failures in a row. */
export function backOff(failures: number, { initialDelayMs, maxDelayMs }: RetryPolicy): number {
  return Math.min(initialDelayMs * 2 ** (failures - 1), maxDelayMs);
}

/** Resolves after a while; rejects with the signal's reason as soon as it aborts. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  // Node rejects with an AbortError of its own.
  await delay(milliseconds, undefined, { signal }).catch(() => signal?.throwIfAborted());
}

/** Aborts a request when the user does, or when the time that was last set runs out. Disposing it frees the socket. */
class RequestTimeout {
  readonly #user: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #abort = (): void => this.#controller.abort(this.#user?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the time ran out. */
  expired = false;

  constructor(user: AbortSignal | undefined) {
    this.#user = user;
    user?.addEventListener('abort', this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.expired = true;
      this.#controller.abort();
    }, milliseconds);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#user?.removeEventListener('abort', this.#abort);
    this.#controller.abort();
  }
}

/** The delay before the next try. */
function delayOrThrow(endpoint: Endpoint, { status, headers }: Response, attempt: number, retry: RetryPolicy): number {
  const file = endpoint.displayName;
  const found = `status ${status}`;
  if (status === 401 || status === 403) {
    throw new AccessError('the server denies access', { file, found, remedy: endpoint.accessRemedy });
  }
  if (status === 404) {
    const remedy = 'it was moved or deleted; look for a newer version of this program';
    throw new NotFoundError('the server does not have it', { file, found, remedy });
  }
  if (status === 416) {
    const remedy = 'run it again to start from zero';
    throw new RangeNotSatisfiableError('the server does not send the rest of the file', { file, found, remedy });
  }
  if (status !== 408 && status !== 429 && status < 500) {
    throw new BadResponseError('the server does not send it', { file, found, remedy: 'try again later' });
  }
  const asked = retryAfter(headers);
  if (attempt < retry.attempts && (asked ?? 0) <= retry.maxDelayMs) {
    return Math.max(asked ?? 0, backOff(attempt, retry));
  }
  const later = asked === undefined ? 'later' : `in ${Math.ceil(asked / 1000)} s`;
  const remedy = `run it again ${later}: it goes on where it stopped`;
  if (status === 429) throw new RateLimitError('the server has had too many requests', { file, found, remedy });
  throw new BadResponseError('the server fails', { file, found, remedy });
}

/** Milliseconds that a Retry-After header asks for, in either of its forms. */
function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (!text) return undefined;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

const NETWORK_FAULTS: Record<string, string> = {
  ENOTFOUND: 'its host name is unknown',
  EAI_AGAIN: 'its host name cannot be looked up',
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  ENETUNREACH: 'there is no route to it',
  EHOSTUNREACH: 'there is no route to it',
};

/** The cause's own message would name the host, which may be a mirror's; its code does not. */
function unreachable(endpoint: Endpoint, cause: unknown, waitedMs: number | undefined): UnreachableError {
  const code = (cause as { cause?: { code?: string } }).cause?.code;
  const fault = (code && (NETWORK_FAULTS[code] ?? code)) || 'the request failed';
  const why = waitedMs === undefined ? fault : `no answer in ${waitedMs / 1000} s`;
  return new UnreachableError(`the server cannot be reached: ${why}`, {
    file: endpoint.displayName,
    remedy: 'check the network, or name a mirror in HF_ENDPOINT',
    cause,
  });
}
