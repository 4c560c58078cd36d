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

import { PreprocessorError } from './errors.js';
import type { Define } from './kernel.js';
import { evaluate, type Scope, splice } from './template-expression.js';

export interface Preprocessed {
  readonly code: string;
  /** For each line of `code`, the file and the 1-based line it came from. */
  readonly lines: readonly { file: string; line: number }[];
}

interface SourceLine {
  file: string;
  line: number;
  text: string;
}

/**
 * Expands `template` with `defines`; `sources` maps template names to their text.
 * @throws {PreprocessorError} when a directive or an expression is malformed, or the defines are not those that the template
 * asks for
 */
export function preprocess(
  template: string,
  defines: Readonly<Record<string, Define>>,
  sources: Readonly<Record<string, string>>,
): Preprocessed {
  return new Expansion(template, defines, sources).result();
}

/** A block that `lines[first]` opens. */
interface Block {
  lines: readonly SourceLine[];
  first: number;
  /** What follows the directive's word. */
  rest: string;
}

const placeOf = ({ file, line }: SourceLine): string => `${file}:${line}`;

class Expansion {
  readonly #template: string;
  readonly #defines: Readonly<Record<string, Define>>;
  readonly #sources: Readonly<Record<string, string>>;
  readonly #scope: Scope = new Map();
  readonly #unused: Set<string>;
  readonly #included = new Set<string>();
  readonly #code: string[] = [];
  readonly #lines: { file: string; line: number }[] = [];

  constructor(template: string, defines: Readonly<Record<string, Define>>, sources: Readonly<Record<string, string>>) {
    this.#template = template;
    this.#defines = defines;
    this.#sources = sources;
    this.#unused = new Set(Object.keys(defines));
  }

  result(): Preprocessed {
    this.#expand(this.#linesOf(this.#template, 'host'));
    if (this.#unused.size > 0) {
      const names = [...this.#unused].map((n) => `'${n}'`).join(', ');
      throw new PreprocessorError(`${this.#template}: no #param is called ${names}`);
    }
    return { code: this.#code.join('\n'), lines: this.#lines };
  }

  #linesOf(name: string, from: string): SourceLine[] {
    const text = this.#sources[name];
    if (text === undefined) throw new PreprocessorError(`${from}: there is no template '${name}'`);
    this.#included.add(name);
    return text.split('\n').map((line, i) => ({ file: `${name}.wgsl`, line: i + 1, text: line }));
  }

  #expand(lines: readonly SourceLine[]): void {
    for (let i = 0; i < lines.length; i++) {
      const source = lines[i]!;
      const directive = /^\s*#(\w+)\s*(.*?)\s*$/.exec(source.text);
      if (!directive) {
        this.#emit(source);
        continue;
      }
      const [, word, rest] = directive as unknown as [string, string, string];
      if (word === 'if') i = this.#if({ lines, first: i, rest });
      else if (word === 'for') i = this.#for({ lines, first: i, rest });
      else this.#statement(word, rest, source);
    }
  }

  #emit(source: SourceLine): void {
    const { file, line, text } = source;
    this.#code.push(text.replace(/\$\{([^}]*)\}/g, (_, e: string) => String(this.#evaluate(e, source))));
    this.#lines.push({ file, line });
  }

  /** A directive of one line. */
  #statement(word: string, rest: string, source: SourceLine): void {
    const where = placeOf(source);
    if (word === 'param') this.#param(rest, source);
    else if (word === 'let') {
      const m = /^([A-Za-z_]\w*)\s*=\s*(.+)$/.exec(rest);
      if (!m) throw new PreprocessorError(`${where}: expected '#let NAME = expression', found '${source.text.trim()}'`);
      this.#scope.set(m[1]!, this.#evaluate(m[2]!, source));
    } else if (word === 'include') {
      if (!this.#included.has(rest)) this.#expand(this.#linesOf(rest, where));
    } else if (word === 'error') throw new PreprocessorError(`${where}: ${rest}`);
    else throw new PreprocessorError(`${where}: unknown directive '#${word}'`);
  }

  #param(rest: string, source: SourceLine): void {
    const where = placeOf(source);
    const m = /^([A-Za-z_]\w*)(?:\s*=\s*(.+))?$/.exec(splice(rest, this.#scope));
    if (!m) throw new PreprocessorError(`${where}: expected '#param NAME [= default]', found '${source.text.trim()}'`);
    const name = m[1]!;
    this.#unused.delete(name);
    const given = this.#defines[name];
    if (given !== undefined) this.#scope.set(name, given);
    else if (m[2] !== undefined) this.#scope.set(name, this.#evaluate(m[2], source));
    else throw new PreprocessorError(`${where}: ${this.#template} needs a value for '${name}'`);
  }

  /** Expands the first branch whose condition holds; gives the index of the block's `#end`. */
  #if({ lines, first, rest }: Block): number {
    const opened = lines[first]!;
    let at = first;
    let taken = false;
    let condition: string | null = rest;
    for (;;) {
      const end = closing(lines, at + 1, true, opened);
      if (!taken && (condition === null || this.#evaluate(condition, opened))) {
        taken = true;
        this.#expand(lines.slice(at + 1, end));
      }
      at = end;
      const m = /^#(\w+)\s*(.*)$/.exec(lines[end]!.text.trim())!;
      if (m[1] === 'end') return at;
      condition = m[1] === 'elif' ? m[2]! : null;
    }
  }

  /** Expands the body for each value; gives the index of the block's `#end`. */
  #for({ lines, first, rest }: Block): number {
    const opened = lines[first]!;
    const m = /^([A-Za-z_]\w*)\s+in\s+(.+?)\.\.(.+)$/.exec(rest);
    if (!m) {
      throw new PreprocessorError(`${placeOf(opened)}: expected '#for i in a..b', found '${opened.text.trim()}'`);
    }
    const name = m[1]!;
    const end = closing(lines, first + 1, false, opened);
    const body = lines.slice(first + 1, end);
    const from = Number(this.#evaluate(m[2]!, opened));
    const stop = Number(this.#evaluate(m[3]!, opened));
    const outer = this.#scope.get(name);
    for (let n = from; n < stop; n++) {
      this.#scope.set(name, n);
      this.#expand(body);
    }
    if (outer === undefined) this.#scope.delete(name);
    else this.#scope.set(name, outer);
    return end;
  }

  #evaluate(text: string, source: SourceLine): Define {
    return evaluate(text, this.#scope, placeOf(source));
  }
}

/** Index of the `#end` (or, with `branches`, the next `#elif`/`#else`/`#end`) that closes the block opened before `i`. */
function closing(lines: readonly SourceLine[], i: number, branches: boolean, opened: SourceLine): number {
  for (let depth = 0; i < lines.length; i++) {
    const text = lines[i]!.text.trim();
    if (/^#(if|for)\b/.test(text)) depth++;
    else if (depth === 0 && (/^#end\b/.test(text) || (branches && /^#(elif|else)\b/.test(text)))) return i;
    else if (/^#end\b/.test(text)) depth--;
  }
  throw new PreprocessorError(`${placeOf(opened)}: '${opened.text.trim()}' has no #end`);
}
