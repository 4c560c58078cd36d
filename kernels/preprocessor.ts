/**
 * The strict little preprocessor for WGSL templates. Lines that begin with `#` are directives:
 *
 *   #param NAME [= default]     a compile-time value the host must give (unless it has a default)
 *   #let NAME = expression      a derived value
 *   #include path               another template below `kernels/`, without `.wgsl`; each file is included once
 *   #if e / #elif e / #else / #end
 *   #for i in a..b / #end       unrolls the lines between, with i = a … b−1
 *   #error message              stops, for combinations that make no sense
 *
 * `${expression}` anywhere in a line is replaced by its value. Expressions have numbers, 'strings', true, false, names,
 * ( ) ! - * / % + - < <= > >= == != && || ?: and integer division by `/`. `NAME@i` is the name ending in the value of `i`
 * (`TYPE@k` is TYPE0 where k is 0), for one param an operand. A name that is not known is an error, and so is
 * a define that no `#param` asks for. Every output line remembers the template line that it came from.
 */

import { OnsetError } from './errors.js';
import type { Define } from './kernel.js';

export class PreprocessorError extends OnsetError {
  override name = 'PreprocessorError';
}

export interface Preprocessed {
  readonly code: string;
  /** For each line of `code`, the file and the 1-based line it came from. */
  readonly lines: readonly { file: string; line: number }[];
}

type Scope = Map<string, Define>;

interface SourceLine {
  file: string;
  line: number;
  text: string;
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|'([^']*)'|([A-Za-z_]\w*(?:@\w+)?)|(\|\||&&|[<>=!]=|[-+*/%<>!?:()]))/y;

/** `NAME@i` with the value of `i` in its place. */
function splice(text: string, scope: Scope): string {
  return text.replace(/@(\w+)/, (_, index: string) => String(scope.get(index) ?? `@${index}`));
}

/** Evaluates one expression; `where` goes into error messages. */
export function evaluate(text: string, scope: Scope, where: string): Define {
  const tokens: { kind: 'value' | 'name' | 'op'; value: Define }[] = [];
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
  let next = 0;
  const peek = (op: string): boolean => tokens[next]?.kind === 'op' && tokens[next]!.value === op;
  const take = (op: string): boolean => {
    const found = peek(op);
    if (found) next++;
    return found;
  };
  const fail = (): never => {
    throw new PreprocessorError(`${where}: malformed expression '${text}'`);
  };
  const number = (value: Define): number =>
    typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : fail();

  function primary(): Define {
    if (take('(')) {
      const value = conditional();
      if (!take(')')) fail();
      return value;
    }
    if (take('-')) return -number(primary());
    if (take('!')) return !primary();
    const token = tokens[next++] ?? fail();
    if (token.kind === 'op') fail();
    if (token.kind === 'value') return token.value;
    const name = splice(token.value as string, scope);
    const value = scope.get(name);
    if (value === undefined) throw new PreprocessorError(`${where}: unknown name '${token.value}' in '${text}'`);
    return value;
  }
  const levels: string[][] = [['||'], ['&&'], ['==', '!='], ['<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%']];
  function binary(level: number): Define {
    if (level === levels.length) return primary();
    let left = binary(level + 1);
    for (;;) {
      const op = levels[level]!.find(peek);
      if (op === undefined) return left;
      next++;
      const right = binary(level + 1);
      left = apply(op, left, right);
    }
  }
  function apply(op: string, a: Define, b: Define): Define {
    switch (op) {
      case '||':
        return Boolean(a) || Boolean(b);
      case '&&':
        return Boolean(a) && Boolean(b);
      case '==':
        return a === b;
      case '!=':
        return a !== b;
      case '<':
        return number(a) < number(b);
      case '<=':
        return number(a) <= number(b);
      case '>':
        return number(a) > number(b);
      case '>=':
        return number(a) >= number(b);
      case '+':
        return number(a) + number(b);
      case '-':
        return number(a) - number(b);
      case '*':
        return number(a) * number(b);
      case '/':
        return Math.trunc(number(a) / number(b));
      default:
        return number(a) % number(b);
    }
  }
  function conditional(): Define {
    const test = binary(0);
    if (!take('?')) return test;
    const yes = conditional();
    if (!take(':')) fail();
    const no = conditional();
    return test ? yes : no;
  }
  const value = conditional();
  if (next !== tokens.length) fail();
  return value;
}

/** Expands `template` with `defines`; `sources` maps template names to their text. */
export function preprocess(
  template: string,
  defines: Readonly<Record<string, Define>>,
  sources: Readonly<Record<string, string>>,
): Preprocessed {
  const scope: Scope = new Map();
  const unused = new Set(Object.keys(defines));
  const included = new Set<string>();
  const code: string[] = [];
  const map: { file: string; line: number }[] = [];

  function linesOf(name: string, from: string): SourceLine[] {
    const text = sources[name];
    if (text === undefined) throw new PreprocessorError(`${from}: there is no template '${name}'`);
    included.add(name);
    return text.split('\n').map((line, i) => ({ file: `${name}.wgsl`, line: i + 1, text: line }));
  }

  /** Index of the `#end` (or, with `branches`, the next `#elif`/`#else`/`#end`) that closes the block opened before `i`. */
  function closing(lines: SourceLine[], i: number, branches: boolean, opened: SourceLine): number {
    for (let depth = 0; i < lines.length; i++) {
      const text = lines[i]!.text.trim();
      if (/^#(if|for)\b/.test(text)) depth++;
      else if (depth === 0 && (/^#end\b/.test(text) || (branches && /^#(elif|else)\b/.test(text)))) return i;
      else if (/^#end\b/.test(text)) depth--;
    }
    throw new PreprocessorError(`${opened.file}:${opened.line}: '${opened.text.trim()}' has no #end`);
  }

  function expand(lines: SourceLine[]): void {
    for (let i = 0; i < lines.length; i++) {
      const { file, line, text } = lines[i]!;
      const where = `${file}:${line}`;
      const directive = /^\s*#(\w+)\s*(.*?)\s*$/.exec(text);
      if (!directive) {
        const out = text.replace(/\$\{([^}]*)\}/g, (_, e: string) => String(evaluate(e, scope, where)));
        code.push(out);
        map.push({ file, line });
        continue;
      }
      const [, word, rest] = directive as unknown as [string, string, string];
      if (word === 'param') {
        const m = /^([A-Za-z_]\w*)(?:\s*=\s*(.+))?$/.exec(splice(rest, scope));
        if (!m) throw new PreprocessorError(`${where}: expected '#param NAME [= default]', found '${text.trim()}'`);
        const name = m[1]!;
        unused.delete(name);
        if (defines[name] !== undefined) scope.set(name, defines[name]);
        else if (m[2] !== undefined) scope.set(name, evaluate(m[2], scope, where));
        else throw new PreprocessorError(`${where}: ${template} needs a value for '${name}'`);
      } else if (word === 'let') {
        const m = /^([A-Za-z_]\w*)\s*=\s*(.+)$/.exec(rest);
        if (!m) throw new PreprocessorError(`${where}: expected '#let NAME = expression', found '${text.trim()}'`);
        scope.set(m[1]!, evaluate(m[2]!, scope, where));
      } else if (word === 'include') {
        if (!included.has(rest)) expand(linesOf(rest, where));
      } else if (word === 'error') {
        throw new PreprocessorError(`${where}: ${rest}`);
      } else if (word === 'if') {
        let at = i;
        let taken = false;
        let condition: string | null = rest;
        const opened = lines[i]!;
        for (;;) {
          const end = closing(lines, at + 1, true, opened);
          if (!taken && (condition === null || evaluate(condition, scope, where))) {
            taken = true;
            expand(lines.slice(at + 1, end));
          }
          at = end;
          const m = /^#(\w+)\s*(.*)$/.exec(lines[end]!.text.trim())!;
          if (m[1] === 'end') break;
          condition = m[1] === 'elif' ? m[2]! : null;
        }
        i = at;
      } else if (word === 'for') {
        const m = /^([A-Za-z_]\w*)\s+in\s+(.+?)\.\.(.+)$/.exec(rest);
        if (!m) throw new PreprocessorError(`${where}: expected '#for i in a..b', found '${text.trim()}'`);
        const end = closing(lines, i + 1, false, lines[i]!);
        const body = lines.slice(i + 1, end);
        const first = Number(evaluate(m[2]!, scope, where));
        const stop = Number(evaluate(m[3]!, scope, where));
        const outer = scope.get(m[1]!);
        for (let n = first; n < stop; n++) {
          scope.set(m[1]!, n);
          expand(body);
        }
        if (outer === undefined) scope.delete(m[1]!);
        else scope.set(m[1]!, outer);
        i = end;
      } else {
        throw new PreprocessorError(`${where}: unknown directive '#${word}'`);
      }
    }
  }

  expand(linesOf(template, 'host'));
  if (unused.size > 0) {
    throw new PreprocessorError(`${template}: no #param is called ${[...unused].map((n) => `'${n}'`).join(', ')}`);
  }
  return { code: code.join('\n'), lines: map };
}
