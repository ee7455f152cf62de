/**
 * The one e-mail that a visitor may ask for: "your turn is near", sent when the expected wait has fallen under a
 * choice of theirs. Which choices there are, and what an address may look like.
 */

/** Minutes of expected wait under which the e-mail is sent. */
export const emailMinutes = [5, 15, 30, 60] as const;
export type EmailMinutes = (typeof emailMinutes)[number];

/** The longest address that fits a path of SMTP (RFC 5321, with its brackets: 256). */
const emailAddressLengthMax = 254;
const localPartLengthMax = 64;

// Pure, so that scripts of pages, which have no use for it, are built without it.
const addressPattern = /* @__PURE__ */ madePattern();

function madePattern(): RegExp {
  const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
  const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
  return new RegExp(`^(${atom}(?:\\.${atom})*)@(?:${label}\\.)+(?!\\d+$)${label}$`);
}

/**
 * Whether a text is one plain address: letters that every mail server takes, one @, a domain of two labels or more.
 * Stricter than the standard: nothing that could begin another header, recipient or command passes, and neither do
 * quotes, comments, addresses of machines or letters beyond ASCII.
 */
export function isEmailAddress(text: string): boolean {
  if (text.length > emailAddressLengthMax) return false;
  const [, localPart] = addressPattern.exec(text) ?? [];
  return localPart !== undefined && localPart.length <= localPartLengthMax;
}
