import { useRef, useState } from 'react';

export function Registration() {
  const room = useRef<HTMLElementTagNameMap['guichet-room']>(null);
  const [position, setPosition] = useState<number | null>(null);
  return (
    <>
      <a id="register" href="https://wait.example.org/rooms/swimming">
        Register
      </a>
      {position !== null && (
        <p>
          Your position is {position}.{' '}
          <button onClick={() => room.current?.scrollIntoView()}>Show the queue</button>
        </p>
      )}
      <guichet-room
        ref={room}
        room="swimming"
        guards="#register"
        onguichet-standing={(event) => setPosition(event.detail.position)}
        onguichet-admitted={() => setPosition(null)}
      />
    </>
  );
}
