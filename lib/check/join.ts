import type { ModelError, ModelSupport } from '../engine/build/model-support.js';
import type { NodeReference } from '../errors.js';
import type { Finding } from './finding.js';
import type { CheckCode } from './report.js';
import { rules } from './rules/index.js';

const decidedByParser: ReadonlySet<string> = new Set(
  rules.filter(({ parserDecides }) => parserDecides).map(({ code }) => code),
);

/**
 * Joins what the rules found and what the parser says: its complaint goes to the findings of that
 * node, an error that it does not share is marked, and a complaint without a rule is a finding.
 */
export function joinParser(
  findings: readonly Finding<CheckCode>[],
  support: ModelSupport,
): Finding<CheckCode>[] {
  const left = new Set(support.errors);
  const joined = findings.map((finding) => {
    const complaints = support.errors.filter((error) => isAbout(error, finding));
    const [complaint] = complaints;
    if (complaint && finding.severity !== 'info') {
      for (const answered of complaints) left.delete(answered);
      return refused(finding, complaint.description);
    }
    return wasTaken(support, finding.node) ? accepted(finding) : finding;
  });
  return [...joined, ...[...left].map(toFinding)];
}

function isAbout({ node, description }: ModelError, finding: Finding): boolean {
  if (node && finding.node) return isSame(node, finding.node);
  // What it says of an initializer or of an input of the model comes without a node.
  if (node || finding.severity !== 'error') return false;
  if (finding.tensor !== undefined && description.includes(finding.tensor)) return true;
  return (
    finding.code === 'type-unsupported' && /data type|datatype|convertDtype/i.test(description)
  );
}

function isSame(a: NodeReference, b: NodeReference): boolean {
  if (a.opType !== undefined && b.opType !== undefined && a.opType !== b.opType) return false;
  return a.name !== undefined && b.name !== undefined ? a.name === b.name : a.index === b.index;
}

/** Whether the node is in a run of nodes that TensorRT surely takes. */
function wasTaken({ subgraphs }: ModelSupport, node: NodeReference | undefined): boolean {
  if (!node) return false;
  return subgraphs.some(({ supported, nodes }) => supported && nodes.some((n) => isSame(n, node)));
}

/** A node that is refused stops the build, whatever the rule took it for. */
function refused(finding: Finding<CheckCode>, complaint: string): Finding<CheckCode> {
  return { ...finding, severity: 'error', parser: { verdict: 'refused', complaint } };
}

function accepted(finding: Finding<CheckCode>): Finding<CheckCode> {
  if (finding.severity !== 'error') return finding;
  const severity = decidedByParser.has(finding.code) ? 'info' : 'error';
  return { ...finding, severity, parser: { verdict: 'accepted' } };
}

function toFinding({ code, description, node }: ModelError): Finding<CheckCode> {
  return {
    code: 'parser-refuses',
    severity: 'error',
    ...(node && { node }),
    what: `TensorRT's parser says: ${description.trim()}`,
    why: `It refuses the model (${code}).`,
    remedy: 'Export the model without this; no rule of this package knows the complaint.',
    fixable: false,
    parser: { verdict: 'refused', complaint: description.trim() },
  };
}
