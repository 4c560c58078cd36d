import assert from 'node:assert/strict';
import { PreprocessorError } from '../../kernels/errors.js';
import { preprocess } from '../../kernels/preprocessor.js';
import { evaluate } from '../../kernels/template-expression.js';
import { suite } from '../harness/suite.js';

const test = suite('kernels: preprocessor');
const run = (text: string, defines = {}, others = {}): string => preprocess('t', defines, { t: text, ...others }).code;

test('replaces expressions and keeps other text', () => {
  assert.equal(run('#param N\nlet x = ${N * 2 + 1}u;', { N: 4 }), 'let x = 9u;');
});

test('chooses one branch of #if, #elif, #else', () => {
  const text = "#param K\n#if K == 'a'\nA\n#elif K == 'b'\nB\n#else\nC\n#end";
  assert.deepEqual(
    ['a', 'b', 'c'].map((K) => run(text, { K })),
    ['A', 'B', 'C'],
  );
});

test('unrolls #for with nested loops and conditions', () => {
  assert.equal(run('#for i in 0..2\n#for j in 0..i + 1\n#if i != j || i == 0\n${i}${j}\n#end\n#end\n#end'), '00\n10');
});

test('includes each file once', () => {
  assert.equal(run('#include a\n#include a\nend', {}, { a: 'once' }), 'once\nend');
});

test('splices a loop variable into a name', () => {
  assert.equal(run('#for k in 0..2\n#param SIZE@k = 7\n#end\n${SIZE0} ${SIZE1}', { SIZE1: 3 }), '7 3');
});

test('an unknown name, a missing param, a stray define and an open block are errors that say where', () => {
  const fails = (text: string, defines: object, pattern: RegExp): void =>
    assert.throws(
      () => run(text, defines),
      (e: Error) => e instanceof PreprocessorError && pattern.test(e.message),
    );
  fails('\n${NOPE}', {}, /t\.wgsl:2: unknown name 'NOPE'/);
  fails('#param N', {}, /needs a value for 'N'/);
  fails('x', { M: 1 }, /no #param is called 'M'/);
  fails('#if true\nx', {}, /has no #end/);
  fails('#frob', {}, /unknown directive '#frob'/);
  fails('#include gone', {}, /there is no template 'gone'/);
});

test('every output line remembers its template line', () => {
  const { code, lines } = preprocess('t', {}, { t: '#for i in 0..2\na${i}\n#end\n#include b', b: 'x\ny' });
  assert.equal(code, 'a0\na1\nx\ny');
  assert.deepEqual(
    lines.map(({ file, line }) => `${file}:${line}`),
    ['t.wgsl:2', 't.wgsl:2', 'b.wgsl:1', 'b.wgsl:2'],
  );
});

test('expressions follow the usual precedence', () => {
  const value = (text: string): unknown => evaluate(text, new Map(), 'test');
  assert.equal(value('1 + 2 * 3 - 4 / 3'), 6);
  assert.equal(value('(1 + 2) * 3 % 4'), 1);
  assert.equal(value('1 < 2 && 2 <= 2 && !(3 > 4)'), true);
  assert.equal(value("false ? 'no' : 'yes'"), 'yes');
});

test.run();
