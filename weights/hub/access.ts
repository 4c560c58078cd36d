/** The hub, its mirrors and the token, from the environment. */

import { SettingError } from './errors.js';

const HUB = 'https://huggingface.co';

export interface HubAccess {
  /** Address without a slash at its end. */
  endpoint: string;
  /** How people are told of it; a mirror's address stays out of messages. */
  called: string;
  token?: string;
}

/** HF_ENDPOINT and HF_TOKEN. Throws SettingError without repeating their values. */
export function hubAccess(environment: Record<string, string | undefined>): HubAccess {
  const mirror = environment.HF_ENDPOINT?.trim();
  const token = environment.HF_TOKEN?.trim();
  // A header with other characters would be refused with a message that quotes it.
  if (token && !/^[\x21-\x7e]+$/.test(token)) {
    throw new SettingError('HF_TOKEN has characters that no token has', {
      remedy: 'set it to the access token alone, or unset it',
    });
  }
  if (mirror && !isAddress(mirror)) {
    throw new SettingError('HF_ENDPOINT is not the address of a hub', {
      expected: 'https://HOST without user name, password or query',
      remedy: 'correct it, or unset it',
    });
  }
  return {
    endpoint: (mirror || HUB).replace(/\/+$/, ''),
    called: mirror ? 'the mirror in HF_ENDPOINT' : 'the model hub',
    ...(token ? { token } : {}),
  };
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}
