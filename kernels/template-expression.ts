/** Expressions of WGSL templates (see `preprocessor.ts`): precedence climbing over a list of tokens. */

import { PreprocessorError } from './errors.js';
import type { Define } from './kernel.js';

/** Values by name. */
export type Scope = Map<string, Define>;

interface Token {
  kind: 'value' | 'name' | 'op';
  value: Define;
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|'([^']*)'|([A-Za-z_]\w*(?:@\w+)?)|(\|\||&&|[<>=!]=|[-+*/%<>!?:()]))/y;

/** Binary operators, the ones that bind least first. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => Define>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => Math.trunc(a / b),
  '%': (a, b) => a % b,
};

/** `NAME@i` with the value of `i` in its place. */
export function splice(text: string, scope: Scope): string {
  return text.replace(/@(\w+)/, (_, index: string) => String(scope.get(index) ?? `@${index}`));
}

/**
 * Evaluates one expression.
 * @param where Goes into error messages.
 * @throws {PreprocessorError} when the expression is malformed or has a name that the scope lacks
 */
export function evaluate(text: string, scope: Scope, where: string): Define {
  return new Evaluation(text, scope, where).value();
}

function tokensOf(text: string, where: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const m = TOKEN.exec(text);
    if (!m) throw new PreprocessorError(`${where}: cannot read '${text.slice(at)}' in '${text}'`);
    if (m[1] !== undefined) tokens.push({ kind: 'value', value: Number(m[1]) });
    else if (m[2] !== undefined) tokens.push({ kind: 'value', value: m[2] });
    else if (m[3] === 'true' || m[3] === 'false') tokens.push({ kind: 'value', value: m[3] === 'true' });
    else if (m[3] !== undefined) tokens.push({ kind: 'name', value: m[3] });
    else tokens.push({ kind: 'op', value: m[4]! });
  }
  return tokens;
}

class Evaluation {
  readonly #text: string;
  readonly #scope: Scope;
  readonly #where: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string, scope: Scope, where: string) {
    this.#text = text;
    this.#scope = scope;
    this.#where = where;
    this.#tokens = tokensOf(text, where);
  }

  value(): Define {
    const value = this.#conditional();
    if (this.#next !== this.#tokens.length) this.#fail();
    return value;
  }

  #conditional(): Define {
    const test = this.#binary(0);
    if (!this.#take('?')) return test;
    const yes = this.#conditional();
    if (!this.#take(':')) this.#fail();
    const no = this.#conditional();
    return test ? yes : no;
  }

  #binary(level: number): Define {
    const operators = LEVELS[level];
    if (!operators) return this.#primary();
    let left = this.#binary(level + 1);
    for (;;) {
      const op = operators.find((each) => this.#take(each));
      if (op === undefined) return left;
      left = this.#apply(op, left, this.#binary(level + 1));
    }
  }

  #primary(): Define {
    if (this.#take('(')) {
      const value = this.#conditional();
      if (!this.#take(')')) this.#fail();
      return value;
    }
    if (this.#take('-')) return -this.#number(this.#primary());
    if (this.#take('!')) return !this.#primary();
    const token = this.#tokens[this.#next++] ?? this.#fail();
    if (token.kind === 'op') this.#fail();
    if (token.kind === 'value') return token.value;
    const value = this.#scope.get(splice(token.value as string, this.#scope));
    if (value === undefined) {
      throw new PreprocessorError(`${this.#where}: unknown name '${token.value}' in '${this.#text}'`);
    }
    return value;
  }

  #apply(op: string, a: Define, b: Define): Define {
    if (op === '||') return Boolean(a) || Boolean(b);
    if (op === '&&') return Boolean(a) && Boolean(b);
    if (op === '==') return a === b;
    if (op === '!=') return a !== b;
    return ARITHMETIC[op]!(this.#number(a), this.#number(b));
  }

  #number(value: Define): number {
    return typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : this.#fail();
  }

  #take(op: string): boolean {
    const token = this.#tokens[this.#next];
    const found = token?.kind === 'op' && token.value === op;
    if (found) this.#next++;
    return found;
  }

  #fail(): never {
    throw new PreprocessorError(`${this.#where}: malformed expression '${this.#text}'`);
  }
}
