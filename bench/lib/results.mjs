/** RESULTS.md: what each program printed lies between two comments that name it. */

/** @param {string} name */
const beginning = (name) => `<!-- ${name} -->`;
/** @param {string} name */
const end = (name) => `<!-- end of ${name} -->`;

/**
 * The text with the section of one program replaced, or put at the end where there is none.
 * @param {string} text
 * @param {string} name Of the program.
 * @param {string} section
 */
export function withSection(text, name, section) {
  const whole = `${beginning(name)}\n\n${section.trim()}\n\n${end(name)}`;
  const from = text.indexOf(beginning(name));
  if (from < 0) return `${text.trimEnd()}\n\n${whole}\n`;
  const to = text.indexOf(end(name), from);
  if (to < 0) throw new Error(`'${end(name)}' is missing behind '${beginning(name)}'`);
  return `${text.slice(0, from)}${whole}${text.slice(to + end(name).length)}`;
}

/**
 * What a program printed from its first heading on: lines before it tell how far it is.
 * @param {string} output
 */
export function sectionOf(output) {
  const from = output.search(/^## /m);
  if (from < 0) throw new Error('it printed no heading');
  return output.slice(from).trim();
}
