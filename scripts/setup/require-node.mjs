/**
 * Ends the program where Node is too old for the rest of set-up. It is imported first, so it runs
 * before any module that uses what older versions lack.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;

if (!fits) {
  console.error(
    `Node ${process.versions.node} is too old: install Node 20.19 or newer (22.12 or newer of Node 22), then run this again.`,
  );
  process.exit(1);
}
