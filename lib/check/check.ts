import { checkBoolean, checkOneOf, checkOptions, checkText } from '../arguments.js';
import { type Target, targets } from '../engine/build/build-switches.js';
import { openModel } from '../engine/build/model-source.js';
import type { SupportOptions } from '../engine/build/model-support.js';
import { checkProfileList, type Profile } from '../engine/build/profiles.js';
import { type Product, products } from '../engine/library/libraries.js';
import { Model } from '../onnx/model.js';
import { type CheckTarget, contextOf } from './context.js';
import { type Finding, type Found, severities } from './finding.js';
import { fixableCodes } from './fixes/index.js';
import { joinParser } from './join.js';
import { type Asked, askParser, findLibrary } from './parser.js';
import type { CheckCode, CheckReport } from './report.js';
import type { Rule } from './rule.js';
import { rules } from './rules/index.js';

export interface CheckOptions extends Omit<SupportOptions, 'product'> {
  /** Default: that of the library at hand, else TensorRT for RTX. */
  product?: Product | undefined;
  /** Such as `'1.7'`: a library of another version is not asked. Default: whichever is at hand. */
  version?: string | undefined;
  /** The compute capability the engine is for, or several. Default: open. */
  target?: Target | readonly Target[] | undefined;
  /** The profiles it is to be built with. Default: none are checked. */
  profiles?: readonly Profile[] | undefined;
  /** Whether the parser of the library at hand is asked too. Default: `true`. */
  askParser?: boolean;
}

const optionNames: readonly (keyof CheckOptions)[] = [
  'product',
  'version',
  'target',
  'profiles',
  'askParser',
  'libraryDir',
  'parserFlags',
  'plugins',
  'signal',
];

/**
 * Tells what TensorRT will refuse in a model, compute otherwise, or run slower than it need: by rules,
 * and by TensorRT's own parser where a library is at hand. Needs no GPU and changes nothing.
 *
 * @param model - a model, or the path of an ONNX file, whose large weights stay unread.
 * @throws TypeError for wrong options. Profiles that do not fit the model are a finding.
 * @throws TensorRTError ERR_FILE, ERR_ONNX_INVALID, ERR_ONNX_EXTERNAL_DATA
 */
export async function check(
  model: Model | string,
  options: CheckOptions = {},
): Promise<CheckReport> {
  checkCheckOptions(options);
  const { version, signal, plugins = [] } = options;
  const source = await openModel(model, { signal, outline: true });
  const found = await findLibrary(options);
  const product =
    options.product ?? ('library' in found ? found.library.candidate.product : 'tensorrt-rtx');
  const target: CheckTarget = {
    product,
    targets: [options.target ?? []].flat(),
    profiles: options.profiles,
    hasPlugins: plugins.length > 0,
  };
  // The model as it is, so that nodes without names are found.
  const own = model instanceof Model ? model : source.model;
  const context = await contextOf(own, target, { isOutline: typeof model === 'string', signal });
  const asked: Asked =
    options.askParser === false
      ? { reason: 'askParser is false.' }
      : 'library' in found
        ? await askParser(model, found.library, context, supportOptions(options))
        : found;

  const ours = rules.flatMap((rule) => [...rule.find(context)].map((f) => toFinding(rule, f)));
  const findings = 'support' in asked ? joinParser(ours, asked.support) : ours;
  return toReport(findings, asked, target, version);
}

function checkCheckOptions(options: CheckOptions): void {
  checkOptions('options', options, optionNames);
  const { product, version, target = [], profiles, askParser: ask } = options;
  if (product !== undefined) checkOneOf('product', product, products);
  if (version !== undefined) checkText('version', version);
  for (const one of [target].flat()) checkOneOf('target', one, targets);
  if (profiles !== undefined) checkProfileList('profiles', profiles);
  if (ask !== undefined) checkBoolean('askParser', ask);
}

function supportOptions({ libraryDir, parserFlags, plugins, signal }: CheckOptions) {
  return {
    ...(libraryDir !== undefined && { libraryDir }),
    ...(parserFlags && { parserFlags }),
    ...(plugins && { plugins }),
    ...(signal && { signal }),
  };
}

function toFinding(rule: Rule<CheckCode>, found: Found): Finding<CheckCode> {
  const { node, tensor, what, severity = rule.severity, remedy = rule.remedy } = found;
  return {
    code: rule.code,
    severity,
    ...(node && { node }),
    ...(tensor !== undefined && { tensor }),
    what,
    why: rule.why,
    remedy,
    fixable: fixableCodes.has(rule.code),
  };
}

function toReport(
  findings: readonly Finding<CheckCode>[],
  asked: Asked,
  { product, targets }: CheckTarget,
  given: string | undefined,
): CheckReport {
  const version = 'version' in asked ? asked.version : given;
  const bySeverity = severities.map((severity) =>
    findings.filter((finding) => finding.severity === severity),
  );
  const [errors = 0, warnings = 0, infos = 0] = bySeverity.map(({ length }) => length);
  return {
    ok: errors === 0,
    product,
    ...(version !== undefined && { version }),
    targets,
    counts: { error: errors, warning: warnings, info: infos },
    findings: bySeverity.flat(),
    parser:
      'support' in asked
        ? {
            asked: true,
            by: asked.by,
            supported: asked.support.supported,
            complaints: asked.support.errors.length,
          }
        : { asked: false, reason: asked.reason },
  };
}
