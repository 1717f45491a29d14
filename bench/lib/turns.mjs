/** Contenders that run in processes of their own, in turns, and are compared round by round. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { spread } from './report.mjs';
import { median, shuffled, summarize } from './statistics.mjs';

/** @typedef {Readonly<Record<string, number>>} Outcome What a process measured of itself, and `wall`. */
/** @typedef {{ peer: string, ours: string }} Names */

/**
 * Runs a program that writes its outcome as JSON; `wall` is added, the seconds of the whole process.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<Outcome>}
 */
export async function runMeasured(program, args) {
  const start = performance.now();
  const { stdout } = await promisify(execFile)(program, args);
  return { ...JSON.parse(stdout), wall: (performance.now() - start) / 1000 };
}

/**
 * Lets every contender run once in each round, in changing order.
 * @param {number} rounds
 * @param {Readonly<Record<string, () => Promise<Outcome>>>} contenders
 * @param {{ warmUp?: boolean }} [options] Whether there is a first round that does not count.
 */
export async function takeTurns(rounds, contenders, { warmUp = true } = {}) {
  /** @type {Record<string, Outcome[]>} */
  const outcomes = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    for (const [name, run] of shuffled(Object.entries(contenders))) {
      const outcome = await run();
      if (round >= 0) outcomes[name]?.push(outcome);
    }
  }
  return new Turns(outcomes);
}

/** The outcomes of all rounds. */
export class Turns {
  /** @type {Readonly<Record<string, readonly Outcome[]>>} */
  #outcomes;

  /** @param {Readonly<Record<string, readonly Outcome[]>>} outcomes */
  constructor(outcomes) {
    this.#outcomes = outcomes;
  }

  /** @param {string} name @param {string} field */
  all(name, field) {
    return (this.#outcomes[name] ?? []).map((outcome) => outcome[field] ?? Number.NaN);
  }

  /** Ours to theirs, round by round. @param {Names} names @param {string} field */
  ratios({ peer, ours }, field) {
    const theirs = this.all(peer, field);
    return this.all(ours, field).map((value, round) => value / (theirs[round] ?? Number.NaN));
  }

  /**
   * Rows of a table: a contender each, and the ratios.
   * @param {Names} names
   * @param {readonly { field: string, digits?: number, unit?: number }[]} columns A column without
   * `digits` is the same in all rounds and has no ratio; values are divided by `unit`.
   */
  rows(names, columns) {
    const rows = Object.keys(this.#outcomes).map((name) => [
      name,
      ...columns.map(({ field, digits, unit = 1 }) => {
        const values = this.all(name, field).map((value) => value / unit);
        return digits === undefined ? `${median(values)}` : spread(summarize(values), digits);
      }),
    ]);
    const ratios = columns.map(({ field, digits }) =>
      digits === undefined ? '' : spread(summarize(this.ratios(names, field)), 3),
    );
    return [...rows, ['ratio', ...ratios]];
  }
}
