/** The element in plain DOM: what is right compiles, and what each @ts-expect-error says is refused. */

type GuichetStandingEvent = HTMLElementEventMap['guichet-standing'];

const room = document.createElement('guichet-room');
room.room = 'swimming';
room.server = 'https://wait.example.org';
room.guards = '#register';
room.target = 'https://registration.example.org/';
room.target = '';
room.setAttribute('when-unreachable', 'open');
room.lang = 'en';
document.body.append(room);

document.querySelector('guichet-room')?.addEventListener('guichet-standing', ({ detail }) => {
  const position: number | null = detail.position;
  const waitMs: { low: number; high: number } | null = detail.expectedWaitMs;
  console.log(position, waitMs, detail.waiting.toFixed(), detail.placesLeft ?? 0);
});
room.addEventListener('guichet-admitted', (event) => console.log(new Date(event.detail.expiresAt)), {
  once: true,
});
room.addEventListener('guichet-entered', function (event) {
  event.preventDefault();
  if (event.detail.redirectUrl !== null) location.assign(event.detail.redirectUrl);
  console.log(this.lang, event.target);
});
room.addEventListener('guichet-ended', ({ detail }) =>
  console.log(detail.kind === 'ended' ? detail.outcome : detail.reason.length),
);
room.addEventListener('guichet-error', ({ detail }) => console.log(detail.code, detail.text));
room.addEventListener('click', (event) => console.log(event.clientX));
const heard = (event: GuichetStandingEvent): void => console.log(event.detail.position);
room.addEventListener('guichet-standing', heard);
room.removeEventListener('guichet-standing', heard);
document.addEventListener('guichet-error', ({ detail }) => console.log(detail.code));

// @ts-expect-error: a room's id is a text
room.room = 1;
// @ts-expect-error: a selector is a text
room.guards = null;
// @ts-expect-error: there is no such property
room.href = '/';

// @ts-expect-error: the position may be null
room.addEventListener('guichet-standing', ({ detail }) => console.log(detail.position.toFixed()));
// @ts-expect-error: a turn has no position
room.addEventListener('guichet-admitted', ({ detail }) => console.log(detail.position));
// @ts-expect-error: it may be null
room.addEventListener('guichet-entered', ({ detail }) => location.assign(detail.redirectUrl));
// @ts-expect-error: only a ticket that is gone has a reason
room.addEventListener('guichet-ended', ({ detail }) => console.log(detail.reason));
// @ts-expect-error: a code is a text
room.addEventListener('guichet-error', ({ detail }: CustomEvent<{ code: number }>) => console.log(detail));
// @ts-expect-error: there is no such event
room.addEventListener('guichet-admited', ({ detail }) => console.log(detail));
