/**
 * What looks for faults from inside a page: axe-core, and what axe cannot see. Bundled, and put into the document under
 * the name `inspection` by tests/support/page-inspector.ts. Each function tells what it found, one text a fault.
 */
export { axeFindings } from './axe-findings.ts';
export { documentFindings, unfold } from './document-findings.ts';
export { controlsCount, focusFindings, forgetFocus } from './focus-findings.ts';
export { overflowFindings, spaceText } from './overflow-findings.ts';
export { motionFindings } from './motion-findings.ts';
