/** Lines that ran, and those that did not, file by file. */

/** What share of the lines has to run. */
export const requiredPercent = 90;

export class LineCoverage {
  /** For each file its lines of code, and whether they ran. @type {Map<string, Map<number, boolean>>} */
  #files = new Map();

  /**
   * @param {string} name What the lines are of.
   */
  constructor(name) {
    this.name = name;
  }

  /**
   * A line has run when it ran in any of the processes, or of the libraries it was compiled into.
   * @param {string} file
   * @param {number} line
   * @param {boolean} ran
   */
  add(file, line, ran) {
    const lines = this.#files.get(file) ?? new Map();
    this.#files.set(file, lines);
    lines.set(line, ran || lines.get(line) === true);
  }

  get percent() {
    return percentOf([...this.#files.values()].flatMap((lines) => [...lines.values()]));
  }

  /** @param {number} percent Files of which less than that ran, the worst first. */
  filesBelow(percent) {
    return [...this.#files]
      .map(([file, lines]) => ({
        file,
        percent: percentOf([...lines.values()]),
        missed: [...lines].filter(([, ran]) => !ran).map(([line]) => line),
      }))
      .filter((file) => file.percent < percent)
      .sort((a, b) => a.percent - b.percent);
  }

  toString() {
    return `${this.name} line coverage: ${this.percent.toFixed(1)} %`;
  }
}

/** @param {readonly boolean[]} lines */
function percentOf(lines) {
  return lines.length === 0 ? 0 : (100 * lines.filter((ran) => ran).length) / lines.length;
}
