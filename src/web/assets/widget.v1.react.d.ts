/** `<guichet-room>` in the JSX of React 19, beside the types of the widget. */
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { GuichetEventMap, GuichetRoomElement } from './widget.v1.js';

type Listeners = { [Name in keyof GuichetEventMap as `on${Name}`]?: (event: GuichetEventMap[Name]) => void };

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'guichet-room': DetailedHTMLProps<HTMLAttributes<GuichetRoomElement>, GuichetRoomElement> &
        Listeners & {
          room: string;
          server?: string;
          guards?: string;
          target?: string;
          'when-unreachable'?: 'hold' | 'open';
        };
    }
  }
}
