/** A town's page with the widget in it, on another site than the service, and someone who visits it. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { newVisitor } from './browser.ts';
import { type HostPage, hostPage, strictPolicy } from './host-page.ts';
import type { BusyRoom, PageStage } from './page-stage.ts';

export type Town = HostPage & { page: Page; complaints: string[] };

export type TownOptions = {
  /** The element's attributes beside the room. */
  attributes?: string;
  /** What stands before the widget, and after it. */
  before?: string;
  after?: string;
  lang?: string;
  /** Null: no policy at all. */
  policy?: string | null;
  visitor?: BrowserContextOptions;
  /** Rooms that the page may speak to besides. */
  others?: readonly string[];
  /** Done before the page is opened. */
  prepare?: (page: Page) => Promise<unknown>;
};

/** The widget of a room, and the script. */
function widgetOf(stage: PageStage, roomId: string, attributes = ''): string {
  return `<guichet-room room="${roomId}" ${attributes}></guichet-room>
<script src="${stage.service.publicUrl}/widget.js" defer></script>`;
}

/** Opens the page of a town whose room this is, under the strictest policy that the widget is promised to work under. */
export async function openTown(
  stage: PageStage,
  { roomId }: Pick<BusyRoom, 'roomId'>,
  {
    attributes,
    before = '',
    after = '',
    lang = 'fr',
    policy,
    visitor,
    others = [],
    prepare,
  }: TownOptions = {},
): Promise<Town> {
  const guichet = stage.service.publicUrl;
  const content = `${before}${widgetOf(stage, roomId, attributes)}${after}`;
  const town = await hostPage(content, {
    lang,
    policy: policy ?? (policy === null ? '' : strictPolicy(guichet)),
  });
  for (const room of [roomId, ...others]) await stage.allow(room, town.origin);
  const { page, complaints } = await newVisitor(stage.browser, visitor);
  await prepare?.(page);
  await page.goto(town.url);
  return { ...town, page, complaints };
}
