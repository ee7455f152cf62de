/** What a widget knows beside the page that it shows. */
export type WidgetState = {
  /** Something was heard of the room, and of the ticket where there is one. */
  isKnown: boolean;
  /** The service does not answer at all. */
  isUnreachable: boolean;
  /** What is guarded can be used without a turn. */
  isOpen: boolean;
  /** The number outlives the page. */
  isKept: boolean;
  /** Parts of the page are out of reach until one is inside. */
  hasClosed: boolean;
};

export type WidgetPartId = 'alert' | (typeof partIds)[number];
export type WidgetParts = { readonly [id in WidgetPartId]: string };

/** In the order in which they stand, below what is alerted. */
export const partIds = [
  'turn',
  'time-left',
  'extend',
  'notice',
  'situation',
  'countdown',
  'position',
  'action',
  'figures',
  'updates',
  'guarded',
  'device',
  'leave',
] as const;
