/** `<guichet-room>` in React: what is right compiles, and what each @ts-expect-error says is refused. */
import { createRef } from 'react';

export const everything = (
  <guichet-room
    ref={createRef<HTMLElementTagNameMap['guichet-room']>()}
    key="swimming"
    id="queue"
    className="aside"
    lang="en"
    room="swimming"
    server="https://wait.example.org"
    guards="#register, form"
    target="https://registration.example.org/"
    when-unreachable="open"
    onguichet-standing={({ detail }) => {
      const words: string = `${detail.number ?? '?'} ${detail.expectedWaitMs?.low ?? 0} ${detail.reason}`;
      return words.length > 0 && detail.asOf;
    }}
    onguichet-admitted={(event) => Date.parse(event.detail.expiresAt)}
    onguichet-entered={(event) => {
      event.preventDefault();
      if (event.detail.redirectUrl !== null) window.location.assign(event.detail.redirectUrl);
    }}
    onguichet-ended={({ detail }) => detail.kind === 'gone' && detail.reason.startsWith('e')}
    onguichet-error={({ detail }) => `${detail.code}: ${detail.text}`}
  >
    <p>The link above leads to the queue first.</p>
  </guichet-room>
);

// @ts-expect-error: a room is needed
export const withoutRoom = <guichet-room guards="#register" />;

// @ts-expect-error: a room's id is a text
export const numbered = <guichet-room room={1} />;

// @ts-expect-error: hold or open
export const otherwise = <guichet-room room="swimming" when-unreachable="close" />;

// @ts-expect-error: a selector, not elements
export const elements = <guichet-room room="swimming" guards={['#register']} />;

// @ts-expect-error: there is no such attribute
export const unknown = <guichet-room room="swimming" href="/" />;

export const details = [
  // @ts-expect-error: the position may be null
  <guichet-room room="swimming" onguichet-standing={({ detail }) => detail.position.toFixed()} />,
  // @ts-expect-error: a turn has no position
  <guichet-room room="swimming" onguichet-admitted={({ detail }) => console.log(detail.position)} />,
  // @ts-expect-error: it may be null
  <guichet-room room="swimming" onguichet-entered={({ detail }) => window.open(detail.redirectUrl.trim())} />,
  // @ts-expect-error: why it ended is a text
  <guichet-room room="swimming" onguichet-ended={({ detail }: CustomEvent<{ reason: number }>) => detail} />,
  // @ts-expect-error: a code is a text, not a number
  <guichet-room room="swimming" onguichet-error={({ detail }) => detail.code === 404} />,
  // @ts-expect-error: a listener is a function
  <guichet-room room="swimming" onguichet-error="alert()" />,
];
