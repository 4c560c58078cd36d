/** Hostile checkpoints, each with the name of the error it must be refused with. */

import { LIMITS } from '../../weights/torch/pickle.js';
import {
  type Bytes,
  bytesOf,
  called,
  dict,
  FACTS,
  globalNamed,
  integer,
  list,
  little,
  MAGIC,
  NONE,
  ORDERED_DICT,
  older,
  PROTO,
  pickle,
  repeated,
  TRUE,
  tensor,
  text,
  tuple,
  VERSION,
} from './pickle-writer.js';
import { type EntryToWrite, torchZip, zip } from './zip-writer.js';

export interface HostileFile {
  what: string;
  make(): Uint8Array;
  /** Name of the error's class. */
  error: string;
  says: RegExp;
}

type Row = readonly [what: string, make: () => Uint8Array, error: string, says: RegExp];

/** A file that a command would leave if any of this were run. */
export const MARKER = 'executed.marker';
const COMMAND = text(`touch ${MARKER}`);
const TWO: Bytes = new Uint8Array(8);
const MIB = 2 ** 20;

/** Pickles that no checkpoint holds; each is tried in both layouts. */
const PICKLES: readonly Row[] = [
  ['os.system', () => pickle(called(globalNamed('os', 'system'), COMMAND)), 'ForbiddenGlobalError', /"os\.system"/],
  [
    'posix.system',
    () => pickle(called(globalNamed('posix', 'system'), COMMAND)),
    'ForbiddenGlobalError',
    /posix\.system/,
  ],
  [
    'builtins.eval',
    () => pickle(called(globalNamed('builtins', 'eval'), text('1'))),
    'ForbiddenGlobalError',
    /builtins\.eval/,
  ],
  ['__builtin__.exec', () => pickle(globalNamed('__builtin__', 'exec')), 'ForbiddenGlobalError', /__builtin__\.exec/],
  [
    'a global named beside tensors',
    () => pickle(dict({ a: tensor(), b: globalNamed('subprocess', 'Popen') })),
    'ForbiddenGlobalError',
    /subprocess\.Popen/,
  ],
  [
    'a global as the key of a dict',
    () => pickle('}', globalNamed('numpy.core.multiarray', '_fromstring'), NONE, 's'),
    'ForbiddenGlobalError',
    /numpy\.core\.multiarray\._fromstring/,
  ],
  [
    'a dotted name into an allowed module',
    () => pickle(globalNamed('collections', 'OrderedDict.__init__')),
    'ForbiddenGlobalError',
    /OrderedDict\.__init__/,
  ],
  [
    'STACK_GLOBAL',
    () => bytesOf('\x80\x04', text('os'), text('system'), '\x93', COMMAND, '\x85R.'),
    'ForbiddenGlobalError',
    /"os\.system"/,
  ],
  ['STACK_GLOBAL of no strings', () => bytesOf('\x80\x04', NONE, NONE, '\x93.'), 'ForbiddenGlobalError', /None/],
  ['INST', () => pickle('(', COMMAND, 'ios\nsystem\n'), 'ForbiddenGlobalError', /"os\.system".*INST/],
  ['OBJ', () => pickle('(', globalNamed('collections', 'OrderedDict'), 'o'), 'PickleError', /OBJ/],
  ['NEWOBJ', () => pickle(globalNamed('collections', 'OrderedDict'), ')\x81'), 'PickleError', /NEWOBJ/],
  ['NEWOBJ_EX', () => pickle(globalNamed('collections', 'OrderedDict'), ')}\x92'), 'PickleError', /NEWOBJ_EX/],
  ['BUILD of a dict', () => pickle('}', dict({ __class__: NONE }), 'b'), 'PickleError', /BUILD/],
  ['BUILD of a tensor', () => pickle(tensor(), dict({ data: NONE }), 'b'), 'PickleError', /BUILD/],
  ['BUILD of a function', () => pickle(globalNamed('torch', 'FloatStorage'), '}b'), 'PickleError', /BUILD/],
  ['an extension', () => pickle('\x82\x01'), 'PickleError', /EXT1/],
  ['a persistent id in text', () => pickle('Pstorage\n'), 'PickleError', /PERSID/],
  ['the call of a string', () => pickle(text('os.system'), COMMAND, '\x85R'), 'PickleError', /called/],
  [
    'the call of a class of storages',
    () => pickle(called(globalNamed('torch', 'FloatStorage'))),
    'PickleError',
    /called/,
  ],
  [
    'an OrderedDict of a dict',
    () => pickle(called(globalNamed('collections', 'OrderedDict'), '}')),
    'PickleError',
    /OrderedDict is called/,
  ],
  ['a persistent id that is a path', () => pickle(text('/etc/passwd'), 'Q'), 'PickleError', /persistent id/],
  [
    'a persistent id of another kind',
    () =>
      pickle(
        tensor({ id: tuple(text('module'), globalNamed('torch', 'FloatStorage'), text('0'), text('cpu'), integer(2)) }),
      ),
    'PickleError',
    /persistent id/,
  ],
  ['a key that is a path', () => pickle(tensor({ key: '../../etc/passwd' })), 'PickleError', /persistent id/],
  ['a storage of a size below zero', () => pickle(tensor({ size: -2 })), 'PickleError', /persistent id/],
  [
    'a storage of an unknown type',
    () => pickle(tensor({ type: 'QInt8Storage' })),
    'ForbiddenGlobalError',
    /QInt8Storage/,
  ],
  ['a tensor with hooks', () => pickle(tensor({ hooks: dict({ hook: NONE }) })), 'PickleError', /_rebuild_tensor_v2/],
  [
    'a tensor without arguments',
    () => pickle(called(globalNamed('torch._utils', '_rebuild_tensor_v2'))),
    'PickleError',
    /called/,
  ],
  ['a tensor below zero', () => pickle(tensor({ shape: [-2] })), 'PickleError', /_rebuild_tensor_v2/],
  ['a tensor beyond its storage', () => pickle(tensor({ shape: [3] })), 'LayoutError', /beyond the end of its storage/],
  ['an offset beyond the storage', () => pickle(tensor({ offset: 1 })), 'LayoutError', /beyond the end of its storage/],
  [
    'strides beyond the storage',
    () => pickle(tensor({ strides: [2] })),
    'LayoutError',
    /beyond the end of its storage/,
  ],
  ['strides for other dimensions', () => pickle(tensor({ strides: [1, 1] })), 'LayoutError', /strides/],
  [
    'a shape whose product wraps',
    () => pickle(tensor({ shape: [2 ** 32, 2 ** 32], strides: [0, 0] })),
    'LayoutError',
    /impossible/,
  ],
  [
    'one element repeated to terabytes',
    () => pickle(tensor({ shape: [2 ** 40], strides: [0] })),
    'LayoutError',
    /repeats/,
  ],
  [
    'a hundred dimensions',
    () => pickle(tensor({ shape: new Array(100).fill(1), strides: new Array(100).fill(0) })),
    'LayoutError',
    /impossible/,
  ],
  ['a key twice', () => pickle('}(', text('a'), NONE, text('a'), NONE, 'u'), 'PickleError', /twice/],
  [
    'two things of one dotted name',
    () => pickle(dict({ 'a.b': NONE, a: dict({ b: NONE }) })),
    'PickleError',
    /two things have one name/,
  ],
  ['a name that is a way out', () => pickle(dict({ '../../x': tensor() })), 'PickleError', /path/],
  ['a name that steers the terminal', () => pickle(dict({ '\x1b[2J': tensor() })), 'PickleError', /control/],
  ['a tuple as key', () => pickle('}', tuple(), NONE, 's'), 'PickleError', /key of this kind/],
  ['a list that holds itself', () => pickle(']q\x00h\x00a'), 'PickleError', /holds itself/],
  ['a dict that holds itself', () => pickle('}q\x00', text('a'), 'h\x00s'), 'PickleError', /holds itself/],
  [
    'a thousand lists within one another',
    () => pickle(repeated(1000, ']'), repeated(999, 'a')),
    'PickleError',
    /nested/,
  ],
  ['a million marks', () => pickle(repeated(MIB, '(')), 'PickleError', /begun within one another/],
  [
    'lists that unfold to 2^60 values',
    () => {
      // Each list is put into the memo and holds the one before it twice.
      const level = (i: number): Uint8Array => bytesOf('](h', i - 1, 'h', i - 1, 'e\x94');
      return pickle('(]\x94', ...Array.from({ length: 60 }, (_, i) => level(i + 1)), 't');
    },
    'PickleError',
    /more than 262144 values/,
  ],
  ['millions of lists', () => pickle(repeated(4 * MIB, ']')), 'PickleError', /more containers/],
  ['millions of dicts', () => pickle(repeated(4 * MIB, '}')), 'PickleError', /more containers/],
  ['millions of strings', () => pickle(repeated(2 * MIB, 'U\x02ab')), 'PickleError', /on its stack/],
  ['millions of memo places', () => pickle(NONE, repeated(4 * MIB, '\x94')), 'PickleError', /in its memo/],
  [
    'millions of values in one list',
    () => pickle(']', repeated(MIB, '(NNNNNNe')),
    'PickleError',
    /values in containers/,
  ],
  ['a string of 2 GiB', () => bytesOf(PROTO, 'X', little(2 ** 31, 4), 'a'), 'PickleError', /bytes in a string/],
  ['a string of 2^63 bytes', () => bytesOf('\x80\x04\x8d', little(2n ** 63n, 8), 'a.'), 'PickleError', /impossible/],
  ['a frame of 2^62 bytes', () => bytesOf('\x80\x04\x95', little(2n ** 62n, 8), 'N.'), 'PickleError', /impossible/],
  ['an integer of 200 bytes', () => pickle('\x8a\xc8', new Uint8Array(200)), 'PickleError', /integer is too long/],
  ['an integer of 2 GiB', () => pickle('\x8b', little(2 ** 31 - 1, 4)), 'PickleError', /LONG4/],
  ['a memo place out of order', () => pickle('Nr', little(2 ** 31, 4)), 'PickleError', /memo/],
  ['a memo place that is not there', () => pickle('Nq\x00j', little(7, 4)), 'PickleError', /memo/],
  ['a value from below a mark', () => pickle('N(\x85'), 'PickleError', /not there/],
  ['a mark that is not there', () => pickle('Nt'), 'PickleError', /not there/],
  ['POP', () => pickle('NN0'), 'PickleError', /POP/],
  ['DUP', () => pickle('N2'), 'PickleError', /DUP/],
  ['bytes that are not in the pickle', () => pickle('\x97'), 'PickleError', /NEXT_BUFFER/],
  ['an unknown opcode', () => pickle('\xff'), 'PickleError', /no opcode/],
  ['protocol 0', () => bytesOf("cos\nsystem\n(S'touch x'\ntR."), 'PickleError', /protocol/],
  ['protocol 6', () => bytesOf('\x80\x06N.'), 'PickleError', /protocol/],
  ['two values', () => pickle('NN'), 'PickleError', /middle/],
  ['no value', () => pickle(), 'PickleError', /middle/],
  ['a string that is not UTF-8', () => pickle('X', little(2, 4), '\xff\xfe'), 'PickleError', /UTF-8/],
  [
    'a class where a value should stand',
    () => pickle(dict({ a: globalNamed('torch', 'FloatStorage') })),
    'PickleError',
    /class/,
  ],
  [
    'one storage as two types',
    () => pickle(dict({ a: tensor(), b: tensor({ type: 'IntStorage' }) })),
    'PickleError',
    /different types or sizes/,
  ],
  [
    'seventy thousand tensors',
    () => {
      // Everything but the calls comes from the memo.
      const start = bytesOf(globalNamed('torch._utils', '_rebuild_tensor_v2'), '\x94', argumentsOfTensor(), '\x94');
      return pickle('](', start, 'h\x00h\x01R', repeated(70_000, 'h\x00h\x01R'), 'e');
    },
    'PickleError',
    /more tensors|more containers/,
  ],
];

const builtin = (name: string): Bytes => globalNamed('builtins', name);
const encode = globalNamed('_codecs', 'encode');
const numpyDType = (code: string): Bytes => called(globalNamed('numpy', 'dtype'), text(code));
const numpyCall = (name: string, ...args: (string | Uint8Array)[]): Bytes =>
  called(globalNamed('numpy.core.multiarray', name), ...args);
const newArray = numpyCall('_reconstruct', globalNamed('numpy', 'ndarray'), tuple(integer(0)), 'C\x01b');

/** Misuse of the objects that make plain values; each is tried in both layouts. */
const VALUES: readonly Row[] = [
  ['builtins.getattr', () => pickle(builtin('getattr')), 'ForbiddenGlobalError', /builtins\.getattr/],
  ['torch.load', () => pickle(globalNamed('torch', 'load')), 'ForbiddenGlobalError', /"torch\.load"/],
  ['numpy.load', () => pickle(globalNamed('numpy', 'load')), 'ForbiddenGlobalError', /"numpy\.load"/],
  [
    'a way from a set to its class',
    () => pickle(builtin('set.__class__')),
    'ForbiddenGlobalError',
    /builtins\.set\.__class__/,
  ],
  [
    'a defaultdict that calls something',
    () => pickle(called(globalNamed('collections', 'defaultdict'), builtin('input'))),
    'ForbiddenGlobalError',
    /builtins\.input/,
  ],
  [
    'a defaultdict of tensors',
    () => pickle(called(globalNamed('collections', 'defaultdict'), globalNamed('torch._utils', '_rebuild_tensor_v2'))),
    'PickleError',
    /defaultdict is called/,
  ],
  ['the call of dict', () => pickle(called(builtin('dict'))), 'PickleError', /only named, never called/],
  ['the call of an element type', () => pickle(called(globalNamed('torch', 'float16'))), 'PickleError', /called/],
  ['a codec that unpacks', () => pickle(called(encode, text('x'), text('zip'))), 'PickleError', /encode is called/],
  ['bytes of characters', () => pickle(called(encode, text('ж'), text('latin1'))), 'PickleError', /encode is called/],
  [
    'a long text made into bytes again and again',
    () =>
      pickle(
        '](',
        encode,
        'q\x00',
        tuple(text('x'.repeat(4 * MIB)), text('latin1')),
        'q\x01',
        repeated(64, 'h\x00h\x01R'),
        'e',
      ),
    'PickleError',
    /bytes in its calls/,
  ],
  [
    'a long list made into a set again and again',
    () =>
      pickle(
        '](',
        builtin('set'),
        'q\x00',
        tuple(bytesOf('](', repeated(MIB / 4, 'N'), 'e')),
        'q\x01',
        repeated(64, 'h\x00h\x01R'),
        'e',
      ),
    'PickleError',
    /values in containers/,
  ],
  [
    'a long text as value of a hundred names',
    () => pickle('](', text('x'.repeat(MIB)), 'q\x00', repeated(99, 'h\x00'), 'e'),
    'PickleError',
    /characters of values/,
  ],
  ['a set of a dict', () => pickle(called(builtin('set'), '}')), 'PickleError', /set is called/],
  ['a set that holds itself', () => pickle('\x8fq\x00(h\x00\x90'), 'PickleError', /holds itself/],
  ['items for a list as for a set', () => pickle('](N\x90'), 'PickleError', /are added to/],
  ['items for a frozenset', () => pickle('(\x91(N\x90'), 'PickleError', /are added to/],
  ['bytes of 2^63', () => bytesOf('\x80\x04\x8e', little(2n ** 63n, 8), '.'), 'PickleError', /impossible/],
  ['a bytearray of 2 GiB', () => bytesOf('\x80\x05\x96', little(2 ** 31, 8), '.'), 'PickleError', /bytes in a string/],
  ['bytes beyond the end', () => bytesOf('\x80\x03B', little(MIB, 4), '.'), 'TruncatedPickleError', /cut short/],
  [
    'a shape of strings',
    () => pickle(called(globalNamed('torch', 'Size'), tuple(text('2')))),
    'PickleError',
    /Size is/,
  ],
  [
    'a shape of a hundred sizes',
    () => pickle(called(globalNamed('torch', 'Size'), tuple(...new Array(100).fill(integer(1))))),
    'PickleError',
    /Size is called/,
  ],
  [
    'a device that is a file',
    () => pickle(called(globalNamed('torch', 'device'), text('/dev/sda'))),
    'PickleError',
    /device is called/,
  ],
  [
    'a complex number of strings',
    () => pickle(called(builtin('complex'), text('1'), text('2'))),
    'PickleError',
    /complex is called/,
  ],
  ['an unknown type of NumPy', () => pickle(numpyDType('Q8')), 'PickleError', /dtype is called/],
  [
    'a structure as type',
    () => pickle(numpyDType('V8'), tuple(integer(3), text('|'), NONE, tuple(text('f')), '}', NONE, NONE, NONE), 'b'),
    'PickleError',
    /NumPy writes/,
  ],
  [
    'a scalar of too many bytes',
    () => pickle(numpyCall('scalar', numpyDType('f4'), 'C\x05abcde')),
    'PickleError',
    /scalar/,
  ],
  [
    'an array of another class',
    () => pickle(numpyCall('_reconstruct', builtin('set'), tuple(integer(0)), 'C\x01b')),
    'PickleError',
    /_reconstruct is called/,
  ],
  [
    'an array that is shorter than its shape',
    () => pickle(newArray, tuple(integer(1), tuple(integer(2 ** 40)), numpyDType('f4'), '\x89', 'C\x04abcd'), 'b'),
    'PickleError',
    /NumPy writes/,
  ],
  ['a typed tensor beyond its storage', () => pickle(typedTensor({ shape: [9] })), 'LayoutError', /beyond the end/],
  [
    'a typed tensor of wider elements',
    () => pickle(typedTensor({ type: 'complex128' })),
    'LayoutError',
    /beyond the end/,
  ],
  ['a typed tensor of no type', () => pickle(typedTensor({ type: 'qint8' })), 'PickleError', /_rebuild_tensor_v3 is/],
  ['a typed tensor of floats', () => pickle(typedTensor({ storage: 'FloatStorage' })), 'PickleError', /_tensor_v3 is/],
];

/** Eight bytes of storage under the key 0, seen by `_rebuild_tensor_v3`. */
function typedTensor({ type = 'float8_e4m3fn', storage = 'UntypedStorage', shape = [1] }): Bytes {
  const kind = globalNamed(storage === 'UntypedStorage' ? 'torch.storage' : 'torch', storage);
  return called(
    globalNamed('torch._utils', '_rebuild_tensor_v3'),
    bytesOf(tuple(text('storage'), kind, text('0'), text('cpu'), integer(8)), 'Q'),
    integer(0),
    tuple(...shape.map(integer)),
    tuple(integer(1)),
    '\x89',
    ORDERED_DICT,
    globalNamed('torch', type),
  );
}

function argumentsOfTensor(): Bytes {
  const id = tuple(text('storage'), globalNamed('torch', 'FloatStorage'), text('0'), text('cpu'), integer(2));
  return tuple(bytesOf(id, 'Q'), integer(0), tuple(integer(2)), tuple(integer(1)), '\x89', ORDERED_DICT);
}

const good = (): Bytes => pickle(dict({ a: tensor() }));
const entries = (data: Uint8Array = TWO): [pickle: EntryToWrite, storage: EntryToWrite] => [
  { name: 'archive/data.pkl', data: good() },
  { name: 'archive/data/0', data },
];
const zip64 = (...numbers: (number | bigint)[]): Bytes =>
  bytesOf(little(1, 2), little(numbers.length * 8, 2), ...numbers.map((number) => little(number, 8)));

const ARCHIVES: readonly Row[] = [
  ['an empty zip', () => zip([]), 'ArchiveError', /not a PyTorch checkpoint/],
  ['a zip of something else', () => zip([{ name: 'word/document.xml', data: TWO }]), 'ArchiveError', /not a PyTorch/],
  [
    'two pickles',
    () => zip([...entries(), { name: 'other/data.pkl', data: good() }]),
    'ArchiveError',
    /not a PyTorch checkpoint/,
  ],
  ['a zip without its end', () => zip(entries()).slice(0, -23), 'ArchiveError', /no end record/],
  ['a zip of four bytes', () => bytesOf('PK\x03\x04'), 'ArchiveError', /no end record/],
  [
    'a zip that lacks its middle',
    () => {
      const whole = zip(entries());
      return bytesOf(whole.slice(0, 50), whole.slice(90));
    },
    'ArchiveError',
    /not where it says/,
  ],
  [
    'bytes before the zip',
    () => zip(entries(), { before: bytesOf('PK\x03\x04'), directoryOffset: 0 }),
    'ArchiveError',
    /not where/,
  ],
  ['bytes behind the zip', () => zip(entries(), { behind: new Uint8Array(9) }), 'ArchiveError', /no end record/],
  ['a zip of several parts', () => zip(entries(), { disk: 3 }), 'ArchiveError', /several parts/],
  ['fewer entries than there are', () => zip(entries(), { count: 1 }), 'ArchiveError', /more entries/],
  ['more entries than there are', () => zip(entries(), { count: 3 }), 'ArchiveError', /damaged/],
  ['an entry twice', () => zip([...entries(), { name: 'archive/data/0', data: TWO }]), 'ArchiveError', /twice/],
  [
    'a directory at 2^62',
    () => zip(entries(), { zip64: { directoryOffset: 2n ** 62n } }),
    'ArchiveError',
    /impossible/,
  ],
  [
    'a directory of 2^50 bytes',
    () => zip(entries(), { zip64: { directorySize: 2n ** 50n } }),
    'ArchiveError',
    /not where/,
  ],
  ['2^40 entries', () => zip(entries(), { zip64: { count: 2n ** 40n } }), 'ArchiveError', /larger than any/],
  [
    'a zip64 locator that leads astray',
    () => zip(entries(), { zip64: { locatorOffset: 0n } }),
    'ArchiveError',
    /locator/,
  ],
  ['two end records that disagree', () => zip(entries(), { zip64: {}, count: 1 }), 'ArchiveError', /disagree/],
  [
    'a zip64 size that is not there',
    () => zip([entries()[0], { ...entries()[1], says: { size: 0xffffffff, packedSize: 0xffffffff } }]),
    'ArchiveError',
    /zip64 field/,
  ],
  [
    'a zip64 size of an exabyte',
    () =>
      zip([
        entries()[0],
        {
          ...entries()[1],
          says: { size: 0xffffffff, packedSize: 0xffffffff, extra: zip64(2n ** 60n, 2n ** 60n) },
        },
      ]),
    'ArchiveError',
    /impossible/,
  ],
  [
    'a zip64 size beyond the file',
    () =>
      zip([
        entries()[0],
        { ...entries()[1], says: { size: 0xffffffff, packedSize: 0xffffffff, extra: zip64(2 ** 33, 2 ** 33) } },
      ]),
    'ArchiveError',
    /beyond the data/,
  ],
  [
    'an extra field that is cut short',
    () => zip([{ ...entries()[0], says: { extra: bytesOf(little(1, 2), little(99, 2)) } }, entries()[1]]),
    'ArchiveError',
    /extra field/,
  ],
  [
    'an entry beyond the end',
    () => zip([entries()[0], { ...entries()[1], says: { offset: 2 ** 31 } }]),
    'ArchiveError',
    /beyond/,
  ],
  [
    'two entries over the same bytes',
    () => zip([entries()[0], { ...entries()[1], says: { offset: 0 } }]),
    'ArchiveError',
    /overlaps/,
  ],
  [
    'an entry that takes in the next',
    () => zip([{ ...entries()[0], says: { size: 230, packedSize: 230 } }, entries()[1]]),
    'ArchiveError',
    /overlaps/,
  ],
  [
    'an entry that is another by its own header',
    () => zip([entries()[0], { ...entries()[1], localName: 'archive/data/9' }]),
    'ArchiveError',
    /own header/,
  ],
  [
    'an entry whose header is not there',
    () => zip([entries()[0], { ...entries()[1], says: { offset: 3 } }]),
    'ArchiveError',
    /overlaps|no header/,
  ],
  [
    'an encrypted entry',
    () => zip([{ ...entries()[0], says: { flags: 1 } }, entries()[1]]),
    'ArchiveError',
    /encrypted/,
  ],
  ['an unknown method', () => zip([{ ...entries()[0], says: { method: 93 } }, entries()[1]]), 'ArchiveError', /method/],
  [
    'a stored entry of two sizes',
    () => zip([entries()[0], { ...entries()[1], says: { size: 4096 } }]),
    'ArchiveError',
    /changes its size/,
  ],
  [
    'a name that is a way out',
    () => zip([...entries(), { name: '../../etc/x', data: TWO }]),
    'ArchiveError',
    /plain path/,
  ],
  [
    'a name that is not UTF-8',
    () => {
      const file = zip([...entries(), { name: 'archive/xx', data: TWO }]);
      return file.map((byte) => (byte === 0x78 ? 0xff : byte));
    },
    'ArchiveError',
    /UTF-8/,
  ],
  [
    'a storage that is compressed',
    () => zip([entries()[0], { ...entries()[1], deflated: true }]),
    'ArchiveError',
    /compressed/,
  ],
  [
    'a bomb in place of the pickle',
    () => zip([{ name: 'archive/data.pkl', data: new Uint8Array(30 * MIB), deflated: true, says: { size: 2 ** 31 } }]),
    'PickleError',
    /longer/,
  ],
  [
    'a bomb that is within the limit of pickles',
    () => zip([{ name: 'archive/data.pkl', data: new Uint8Array(LIMITS.bytes / 2), deflated: true }]),
    'ArchiveError',
    /compressed/,
  ],
  [
    'a bomb that lies about its size',
    () => zip([{ name: 'archive/data.pkl', data: new Uint8Array(30 * MIB), deflated: true, says: { size: 1000 } }]),
    'ArchiveError',
    /more than it says/,
  ],
  [
    'a compressed pickle that is shorter than it says',
    () => zip([{ name: 'archive/data.pkl', data: good(), deflated: true, says: { size: 1000 } }, entries()[1]]),
    'ArchiveError',
    /less than it says/,
  ],
  [
    'a compressed pickle that is damaged',
    () => zip([{ name: 'archive/data.pkl', data: new Uint8Array(64).fill(0xff), says: { method: 8 } }, entries()[1]]),
    'ArchiveError',
    /damaged|header/,
  ],
  ['a storage that is missing', () => torchZip(good()), 'ArchiveError', /lacks "archive\/data\/0"/],
  ['a storage that is too short', () => torchZip(good(), { 0: new Uint8Array(7) }), 'ArchiveError', /not as long/],
  ['a storage that is too long', () => torchZip(good(), { 0: new Uint8Array(9) }), 'ArchiveError', /not as long/],
  [
    'a storage of terabytes',
    () => torchZip(pickle(tensor({ size: 2 ** 45 })), { 0: TWO }),
    'ArchiveError',
    /not as long/,
  ],
  ['bytes behind the pickle', () => torchZip(bytesOf(good(), 'N'), { 0: TWO }), 'PickleError', /behind the pickle/],
  ['a pickle that is cut short', () => torchZip(good().slice(0, -3), { 0: TWO }), 'TruncatedPickleError', /cut short/],
  ['an empty pickle', () => torchZip(new Uint8Array(0)), 'TruncatedPickleError', /cut short/],
  [
    'a big-endian checkpoint',
    () => zip([...entries(), { name: 'archive/byteorder', data: bytesOf('big') }]),
    'ArchiveError',
    /order of bytes/,
  ],
];

const OLDER: readonly Row[] = [
  ['a pickle that is no checkpoint', () => pickle(dict({ a: integer(1) })), 'HeaderError', /not a PyTorch checkpoint/],
  [
    'a pickle that is malware',
    () => pickle(called(globalNamed('os', 'system'), COMMAND)),
    'ForbiddenGlobalError',
    /os\.system/,
  ],
  ['another magic number', () => bytesOf(pickle(integer(1)), VERSION, FACTS, good()), 'HeaderError', /magic number/],
  ['another version', () => bytesOf(MAGIC, pickle(integer(1002)), FACTS, good()), 'HeaderError', /version/],
  [
    'a big-endian file',
    () => bytesOf(MAGIC, VERSION, pickle(dict({ little_endian: '\x89' })), good()),
    'HeaderError',
    /order of bytes/,
  ],
  [
    'malware among the facts',
    () => bytesOf(MAGIC, VERSION, pickle(globalNamed('os', 'system'))),
    'ForbiddenGlobalError',
    /os\.system/,
  ],
  ['only the magic number', () => MAGIC, 'TruncatedPickleError', /cut short/],
  ['a file cut in the object', () => older(good(), [['0', 2, TWO]]).slice(0, 150), 'TruncatedPickleError', /cut short/],
  [
    'a file cut in the data',
    () => older(good(), [['0', 2, TWO]]).slice(0, -1),
    'LayoutError',
    /beyond the end of the file/,
  ],
  [
    'a file cut in a count',
    () => older(good(), [['0', 2, TWO]]).slice(0, -12),
    'LayoutError',
    /beyond the end of the file/,
  ],
  [
    'bytes behind the data',
    () => older(good(), [['0', 2, new Uint8Array(9)]]),
    'LayoutError',
    /behind the last storage/,
  ],
  ['another count', () => older(good(), [['0', 3, TWO]]), 'LayoutError', /not as long/],
  ['a count of 2^64 − 1', () => older(good(), [['0', 2n ** 64n - 1n, TWO]]), 'LayoutError', /not as long/],
  [
    'a storage of terabytes',
    () => older(pickle(tensor({ size: 2 ** 45 })), [['0', 2 ** 45, TWO]]),
    'LayoutError',
    /beyond the end of the file/,
  ],
  ['a storage that is missing', () => older(good(), []), 'LayoutError', /lacks a storage/],
  [
    'a storage of no tensor',
    () =>
      older(good(), [
        ['0', 2, TWO],
        ['1', 2, TWO],
      ]),
    'LayoutError',
    /no tensor/,
  ],
  [
    'a storage twice',
    () =>
      older(good(), [
        ['0', 2, TWO],
        ['0', 2, TWO],
      ]),
    'LayoutError',
    /twice/,
  ],
  [
    'keys that are numbers',
    () => older(good(), [['0', 2, TWO]], pickle(list(integer(0)))),
    'PickleError',
    /list of strings/,
  ],
  [
    'keys that are a dict',
    () => older(good(), [['0', 2, TWO]], pickle(dict({ 0: NONE }))),
    'PickleError',
    /list of strings/,
  ],
  [
    'malware among the keys',
    () => older(good(), [], pickle(globalNamed('os', 'system'))),
    'ForbiddenGlobalError',
    /os\.system/,
  ],
  [
    'views of views',
    () =>
      older(
        pickle(
          tensor({
            id: tuple(
              text('storage'),
              globalNamed('torch', 'FloatStorage'),
              text('0'),
              text('cpu'),
              integer(2),
              tuple(text('1'), integer(0), integer(1)),
            ),
          }),
        ),
        [['0', 2, TWO]],
      ),
    'PickleError',
    /persistent id/,
  ],
  [
    'a pickle without an end',
    () => bytesOf(MAGIC, VERSION, FACTS, PROTO, repeated(8 * MIB, 'N')),
    'PickleError',
    /on its stack/,
  ],
  [
    'a pickle without an end that makes nothing',
    () => bytesOf(MAGIC, VERSION, FACTS, PROTO, ']', repeated(16 * MIB, '(e')),
    'PickleError',
    /values in containers/,
  ],
  [
    'little_endian in a list',
    () => bytesOf(MAGIC, VERSION, pickle(list(TRUE)), good()),
    'HeaderError',
    /order of bytes/,
  ],
];

const fromRow = ([what, make, error, says]: Row): HostileFile => ({ what, make, error, says });

export const ZIP_FILES: readonly HostileFile[] = [
  ...ARCHIVES.map(fromRow),
  ...[...PICKLES, ...VALUES].map((row) => ({
    ...fromRow(row),
    what: `pickle: ${row[0]}`,
    make: () => torchZip(row[1](), { 0: TWO }),
  })),
];

export const OLDER_FILES: readonly HostileFile[] = [
  ...OLDER.map(fromRow),
  ...[...PICKLES, ...VALUES].map((row) => ({
    ...fromRow(row),
    what: `pickle: ${row[0]}`,
    make: () => older(row[1](), [['0', 2, TWO]]),
  })),
];
