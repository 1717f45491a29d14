import { basename } from 'node:path';
import { nearest } from './nearest.js';
import { anyValue, type TrtexecFlag, type TrtexecLine } from './trtexec-effects.js';
import { trtexecFlags } from './trtexec-table.js';

const flags: ReadonlyMap<string, TrtexecFlag> = new Map(
  trtexecFlags.map((flag) => [`--${flag.name}`, flag]),
);

/** Options that trtexec has too, there without a value and with another meaning. */
const withValue: ReadonlySet<string> = new Set(['--threads']);

/**
 * Reads a command line that mixes options of `bench` with flags of trtexec, so that one that was
 * written for trtexec can be pasted. Options of `bench` are passed on as they are.
 *
 * @param own - the options of `bench`, as `--shapes`.
 * @throws TypeError for a flag that is not known, with the nearest; for wrong values; for flags that
 * are refused, with what to do instead.
 */
export function readTrtexec(args: readonly string[], own: readonly string[]): TrtexecLine {
  const line: TrtexecLine = {
    args: [],
    model: undefined,
    precisions: new Set(),
    build: {},
    notes: [],
  };
  const rest = withoutProgram(args);
  while (rest.length > 0) {
    const arg = rest.shift() as string;
    const [, name = '', value] = /^(--\w[\w-]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const flag = flags.get(name);
    const isOwn = own.includes(name);
    if (!flag || (isOwn && withValue.has(name) && (value ?? number(rest[0])) !== undefined)) {
      if (name !== '' && !isOwn) throw unknown(name, own);
      line.args.push(arg);
    } else {
      flag.apply(line, takenValue(flag, value, rest));
    }
  }
  return line;
}

/** People paste the name of the program too. */
function withoutProgram(args: readonly string[]): string[] {
  const [first = ''] = args;
  return args.slice(/^trtexec(\.exe)?$/.test(basename(first)) ? 1 : 0);
}

function number(text: string | undefined): string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? text : undefined;
}

function takenValue(
  { name, value: wanted }: TrtexecFlag,
  given: string | undefined,
  rest: string[],
) {
  if (wanted === anyValue) return given ?? '';
  if (wanted === '') {
    if (given === undefined) return '';
    throw new TypeError(`Expected no value for --${name} but received '${given}'`);
  }
  const value = given ?? (rest[0]?.startsWith('-') ? undefined : rest.shift());
  if (value) return value;
  throw new TypeError(`Expected --${name}=<${wanted}>`);
}

function unknown(name: string, own: readonly string[]): TypeError {
  const suggestion = nearest(name, [...own, ...flags.keys()]);
  return new TypeError(
    `Unknown option '${name}'${suggestion === undefined ? '' : `\n(Did you mean ${suggestion}?)`}`,
  );
}
