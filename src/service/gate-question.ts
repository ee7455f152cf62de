/** What a gate is asked, and what it answers. */

/** A request to the site, as its proxy tells it. */
export type GateQuestion = {
  roomId: string;
  method: string;
  /** The address as the visitor's browser has it; null: not told. */
  url: string | null;
  /** The pass in the visitor's cookie. */
  pass: string | null;
  /** Whether the answer may lead elsewhere: then a hand-over does not stay in the address. */
  mayRedirect: boolean;
};

export type GateAnswer =
  /** `pass`: to be kept by the browser from now on. `leftMs`: until the session ends, should nothing be heard. */
  | { kind: 'inside'; ticketId: string; leftMs: number; pass: string | null }
  /** No pass is needed. */
  | { kind: 'open' }
  /** The same address without its hand-over. */
  | { kind: 'redirect'; location: string; pass: string | null }
  | { kind: 'refused'; location: string };

/** Whether an address can be asked for again: nobody is led to a form's action. */
export function isRead({ method }: GateQuestion): boolean {
  return method === 'GET' || method === 'HEAD';
}
