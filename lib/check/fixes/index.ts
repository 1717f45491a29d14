/** The codes that fix() has a mend for. */
export const fixableCodes: ReadonlySet<string> = new Set<string>();
