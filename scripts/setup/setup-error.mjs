/** A failure that a person can mend: one sentence on what is wrong and what to do, no stack. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';

  /**
   * @param {string} message
   * @param {string} [output] What the failing program printed, for the reader who wants to know more.
   */
  constructor(message, output = '') {
    super(message);
    this.output = output.trim();
  }
}

/**
 * Runs the main function of a script. A {@link SetupError} or a wrong option is printed as its
 * sentence.
 * @param {() => Promise<void>} main
 */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    if (error instanceof SetupError) {
      if (error.output) console.error(error.output.replace(/^/gm, '    '));
    } else if (!isWrongOption(error)) {
      throw error;
    }
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

/** @param {unknown} error @returns {error is Error} */
function isWrongOption(error) {
  return error instanceof Error && 'code' in error && `${error.code}`.startsWith('ERR_PARSE_ARGS');
}
