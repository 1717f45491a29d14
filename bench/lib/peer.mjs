/** A C++ peer that stays alive and answers a line with a line. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class Peer {
  #child;
  #lines;

  /** @param {string} program @param {readonly string[]} args */
  constructor(program, args) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @param {string} command @returns {Promise<string>} */
  async ask(command) {
    this.#child.stdin.write(`${command}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`The peer ended at '${command}'`);
    return value;
  }

  end() {
    this.#child.stdin.end();
  }
}
