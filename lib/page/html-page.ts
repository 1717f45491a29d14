import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A page of HTML in one file. It needs no network, and runs no script but its own. */
export interface HtmlPage {
  readonly title: string;
  readonly style: string;
  /** HTML; what comes from a model in it has passed {@link escapeHtml}. */
  readonly body: string;
  readonly script: string;
  /** What the script finds as JSON in the element `#data`. */
  readonly data: unknown;
}

export function htmlPage({ title, style, body, script, data }: HtmlPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
<script type="application/json" id="data">${jsonForScript(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/**
 * Compiled modules as one script, each after those that it imports. Names at the top of the modules
 * of a page are unique.
 *
 * @param folder - where `<name>.js` are.
 */
export async function joinModules(folder: URL, names: readonly string[]): Promise<string> {
  const parts = await Promise.all(
    names.map((name) => readFile(new URL(`${name}.js`, folder), 'utf8')),
  );
  return `(() => {\n'use strict';\n${parts.map(withoutModuleSyntax).join('\n')}\n})();`;
}

function withoutModuleSyntax(code: string): string {
  return code
    .replaceAll(/^import .*;$/gm, '')
    .replaceAll(/^export (?=const|class|function)/gm, '')
    .replaceAll(/^(export \{\};|\/\/\/ <reference.*|\/\/# sourceMappingURL.*)$/gm, '');
}

/** Refuses everything that the page was not written with: no network, no other script. */
function contentPolicy(style: string, script: string): string {
  return `default-src 'none'; script-src '${digest(script)}'; style-src '${digest(style)}'`;
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** A script element ends at the first `</script`, wherever it stands. */
function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
