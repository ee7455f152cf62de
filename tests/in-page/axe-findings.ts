/**
 * axe-core with every rule it has: the experimental ones, those of level AAA and best practice too. What axe cannot
 * decide about contrast counts as found; what else it cannot decide is a question for a person.
 */
import axe from 'axe-core';

const rules = Object.fromEntries(axe.getRules().map(({ ruleId }) => [ruleId, { enabled: true }]));
const contrastRules = ['color-contrast', 'color-contrast-enhanced'];
const options: axe.RunOptions = { rules, resultTypes: ['violations', 'incomplete'] };

/** In forced colours Chromium paints `color`, but still tells the author's fill colour, which axe would believe. */
const styles = CSSStyleDeclaration.prototype as { getPropertyValue: (this: unknown, name: string) => string };
styles.getPropertyValue = new Proxy(styles.getPropertyValue, {
  apply(ownValue, style, [name]: [string]) {
    const isUntrue = name === '-webkit-text-fill-color' && matchMedia('(forced-colors: active)').matches;
    return isUntrue ? '' : ownValue.call(style, name);
  },
});

/** Faults, and questions for a person. */
export async function axeFindings(): Promise<{ findings: string[]; questions: string[] }> {
  const { violations, incomplete } = await axe.run(document, options);
  const findings = violations.flatMap((result) => told(result));
  const questions: string[] = [];
  for (const result of incomplete) {
    if (contrastRules.includes(result.id)) findings.push(...(await contrastFindings(result, questions)));
    else questions.push(...told(result));
  }
  return { findings, questions };
}

/**
 * Contrast that axe left open. A decoration made by `::before` or `::after` leaves it open for all that is near, so
 * there the contrast with the background itself decides, and whether the decoration lies behind words is the question.
 */
async function contrastFindings(result: axe.Result, questions: string[]): Promise<string[]> {
  const decorated = result.nodes.filter((node) => reasonsOf(node).includes('pseudoContent'));
  const others = result.nodes.filter((node) => !decorated.includes(node));
  const findings = told({ ...result, nodes: others }).map((text) => `${text}, undecided`);
  if (decorated.length === 0) return findings;
  questions.push(...told({ ...result, nodes: decorated }).map((text) => `${text}: a decoration is near`));
  const include = decorated.map(({ target }) => target as string[]);
  const withoutDecoration = {
    runOnly: [result.id],
    checks: { [result.id]: { options: { ignorePseudo: true } } },
  };
  const again = await axe.run({ include }, withoutDecoration as axe.RunOptions);
  findings.push(...again.violations.flatMap((one) => told(one)));
  findings.push(...again.incomplete.flatMap((one) => told(one)).map((text) => `${text}, undecided`));
  return findings;
}

function told({ id, nodes }: axe.Result): string[] {
  return nodes.map((node) => {
    const reasons = reasonsOf(node).join(', ');
    return `${id} at ${node.target.join(' ')}${reasons === '' ? '' : ` (${reasons})`}`;
  });
}

/** Why axe says so: its own short word where it has one, and for contrast the numbers. */
function reasonsOf({ any, all, none }: axe.NodeResult): string[] {
  return [...any, ...all, ...none].flatMap(({ data }) => {
    const { messageKey, contrastRatio } = (data ?? {}) as { messageKey?: unknown; contrastRatio?: unknown };
    if (typeof messageKey === 'string') return [messageKey];
    return typeof contrastRatio === 'number' ? [`contrast ${contrastRatio}`] : [];
  });
}
