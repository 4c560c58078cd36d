/** Address and token of the model hub, from the environment. */

import { InvalidEnvironmentError } from './errors.js';

const HUB = 'https://huggingface.co';

export interface HubAccess {
  /** Address without a slash at its end. */
  endpoint: string;
  /** Its name in messages, which never show a mirror's address. */
  displayName: string;
  token?: string;
}

/**
 * HF_ENDPOINT and HF_TOKEN.
 * @throws {InvalidEnvironmentError} for values that cannot be right; they are not repeated in the message
 */
export function hubAccess(environment: Record<string, string | undefined>): HubAccess {
  const mirror = environment.HF_ENDPOINT?.trim();
  const token = environment.HF_TOKEN?.trim();
  // fetch refuses a header with other characters by a message that quotes it.
  if (token && !/^[\x21-\x7e]+$/.test(token)) {
    throw new InvalidEnvironmentError('HF_TOKEN has characters that no token has', {
      remedy: 'set it to the access token alone, or unset it',
    });
  }
  if (mirror && !isAddress(mirror)) {
    throw new InvalidEnvironmentError('HF_ENDPOINT is not the address of a hub', {
      expected: 'https://HOST without user name, password or query',
      remedy: 'correct it, or unset it',
    });
  }
  return {
    endpoint: (mirror || HUB).replace(/\/+$/, ''),
    displayName: mirror ? 'the mirror in HF_ENDPOINT' : 'the model hub',
    ...(token ? { token } : {}),
  };
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}
