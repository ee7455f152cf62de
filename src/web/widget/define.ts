/** Makes `<guichet-room>` an element, unless it is one already: a page may load the script twice. */
import { GuichetRoomElement } from './guichet-room-element.ts';

/** `server`: whose widgets these are where they name none. */
export function define(server: string): void {
  if (customElements.get('guichet-room')) return;
  GuichetRoomElement.defaultServer = server;
  customElements.define('guichet-room', GuichetRoomElement);
}
