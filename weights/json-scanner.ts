/**
 * A reader for the few forms of JSON that weights files hold. Unlike JSON.parse it sees repeated names, its nesting is
 * bounded, and it builds nothing that its caller does not ask for.
 */

import { quoted, type WeightsErrorDetails } from './errors.js';

const DEEPEST = 32;

/** Makes the error to throw; the details are the tensor concerned and what was found where. */
export type MakeError = (problem: string, details: WeightsErrorDetails) => Error;

export class JsonScanner {
  #at = 0;
  readonly #text: string;
  readonly #subject: string;
  readonly #makeError: MakeError;

  /** `subject` is what the text is called in messages, such as `header`. */
  constructor(text: string, subject: string, makeError: MakeError) {
    this.#text = text;
    this.#subject = subject;
    this.#makeError = makeError;
  }

  /** `{key: …}`; `value` is called after each colon and must consume the value. */
  object(value: (key: string) => void, tensor?: string): void {
    this.#expect('{', tensor);
    if (this.#accept('}')) return;
    do {
      const key = this.string('a name', tensor);
      this.#expect(':', tensor);
      value(key);
    } while (this.#accept(','));
    this.#expect('}', tensor);
  }

  string(what: string, tensor?: string): string {
    this.#skipSpace();
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.error(`${what} is not a string`, tensor);
    let end = start + 1;
    for (; end < this.#text.length && this.#text[end] !== '"'; end++) if (this.#text[end] === '\\') end++;
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      this.#at = start;
      throw this.error(`${what} is not a whole JSON string`, tensor);
    }
  }

  /** `[n, …]` of at most `most` non-negative integers. */
  integers(what: string, most: number, tensor?: string): number[] {
    const numbers: number[] = [];
    if (!this.#accept('[')) throw this.error(`${what} is not a list`, tensor);
    if (this.#accept(']')) return numbers;
    do {
      if (numbers.length === most) throw this.error(`${what} has more than ${most} numbers`, tensor);
      this.#skipSpace();
      const start = this.#at;
      NUMBER_LIKE.lastIndex = start;
      const token = NUMBER_LIKE.exec(this.#text)?.[0] ?? '';
      if (!/^(0|[1-9]\d*)$/.test(token) || !Number.isSafeInteger(Number(token))) {
        throw this.error(`${what} holds ${quoted(token)}, not an integer from 0 to 2^53 − 1`, tensor);
      }
      this.#at = start + token.length;
      numbers.push(Number(token));
    } while (this.#accept(','));
    this.#expect(']', tensor);
    return numbers;
  }

  /** Passes over one value of any form. */
  skip(what: string, depth: number = 0): void {
    if (depth > DEEPEST) throw this.error(`${what} is nested too deeply`);
    this.#skipSpace();
    const first = this.#text[this.#at];
    if (first === '{') this.object(() => this.skip(what, depth + 1));
    else if (first === '"') this.string(what);
    else if (this.#accept('[')) {
      if (this.#accept(']')) return;
      do this.skip(what, depth + 1);
      while (this.#accept(','));
      this.#expect(']');
    } else {
      PLAIN.lastIndex = this.#at;
      const token = PLAIN.exec(this.#text)?.[0];
      if (token === undefined) throw this.error(`${what} is no JSON value`);
      this.#at += token.length;
    }
  }

  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.error('there is more after the closing brace');
  }

  error(problem: string, tensor?: string): Error {
    return this.#makeError(`the ${this.#subject} is not what the format asks for: ${problem}`, {
      tensor,
      found: `${quoted(this.#text.slice(this.#at, this.#at + 30), 30)} at character ${this.#at} of the ${this.#subject}`,
    });
  }

  #accept(mark: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string, tensor?: string): void {
    if (!this.#accept(mark)) throw this.error(`no ${mark} where one must be`, tensor);
  }

  #skipSpace(): void {
    while (SPACE.has(this.#text.charCodeAt(this.#at))) this.#at++;
  }
}

/** What stands where a number should; enough of it to show. */
const NUMBER_LIKE = /[^\s,\]]{1,24}/y;

/** A number, true, false or null. */
const PLAIN = /-?(?:0|[1-9]\d{0,99})(?:\.\d{1,99})?(?:[eE][+-]?\d{1,9})?|true|false|null/y;

/** JSON's four spaces. */
const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
