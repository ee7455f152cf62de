/** Addresses that a room must not send people to, and the room's own. */

/** Where the room leads. */
export const targets = {
  targetUrl: 'https://ville.example.org/inscriptions/natation',
  allowedTargets: [
    'https://ville.example.org/aide/',
    'https://pay.example.org:8443/',
    'http://localhost:3000/app',
  ],
};

/** What has sent people elsewhere on other sites. */
export const hostileUrls: readonly string[] = [
  // Another host that looks like ours.
  'https://evil.example/inscriptions/natation',
  'https://ville.example.org.evil.example/inscriptions/natation',
  'https://evilville.example.org/inscriptions/natation',
  'https://sub.ville.example.org/inscriptions/natation',
  'https://example.org/inscriptions/natation',
  'https://ville.example.org./inscriptions/natation',
  'https://vil\u200ble.example.org.evil.example/inscriptions/natation',
  'https://vi\u0131le.example.org/inscriptions/natation',
  'https://xn--ville-xyz.example.org/inscriptions/natation',
  // Credentials that hide the host.
  'https://ville.example.org@evil.example/inscriptions/natation',
  'https://ville.example.org:443@evil.example/inscriptions/natation',
  'https://user@ville.example.org/inscriptions/natation',
  'https://user:secret@ville.example.org/inscriptions/natation',
  'https://ville.example.org%40evil.example/inscriptions/natation',
  'https://evil.example#@ville.example.org/inscriptions/natation',
  'https://evil.example?@ville.example.org/inscriptions/natation',
  // Backslashes, tabs and line ends, which browsers read as slashes or not at all.
  'https://evil.example\\@ville.example.org/inscriptions/natation',
  'https:\\\\ville.example.org\\inscriptions\\natation',
  'https://ville.example.org\\@evil.example/inscriptions/natation',
  'https://ville.example.org/inscriptions/natation\\..\\..\\admin',
  'https://ville.example.org/inscriptions/natation\t',
  'https://ville.ex\tample.org/inscriptions/natation',
  'https://ville.example.org/inscriptions/natation\r\nSet-Cookie: a=b',
  ' https://ville.example.org/inscriptions/natation',
  'https://ville.example.org/inscriptions/natation\0',
  // Another scheme, or none.
  'http://ville.example.org/inscriptions/natation',
  'javascript:alert(1)//https://ville.example.org/inscriptions/natation',
  'JaVaScRiPt:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'blob:https://ville.example.org/inscriptions/natation',
  'filesystem:https://ville.example.org/inscriptions/natation',
  'ftp://ville.example.org/inscriptions/natation',
  'wss://ville.example.org/inscriptions/natation',
  'view-source:https://ville.example.org/inscriptions/natation',
  '//ville.example.org/inscriptions/natation',
  '/inscriptions/natation',
  'inscriptions/natation',
  '',
  'https://',
  'https:///evil.example/inscriptions/natation',
  // Another port, and loopback that is none.
  'https://ville.example.org:8443/inscriptions/natation',
  'https://pay.example.org/anything',
  'https://localhost:3000/app',
  'http://localhost:3001/app',
  'http://localhost.evil.example:3000/app',
  'http://127.0.0.1.evil.example:3000/app',
  // Out of the path, or beside it.
  'https://ville.example.org/',
  'https://ville.example.org/inscriptions',
  'https://ville.example.org/inscriptions/natation-evil',
  'https://ville.example.org/inscriptions/natation/../admin',
  'https://ville.example.org/inscriptions/natation/%2e%2e/admin',
  'https://ville.example.org/inscriptions/natation/..;/../../admin',
  'https://ville.example.org/INSCRIPTIONS/natation',
  'https://ville.example.org//inscriptions/natation',
  'https://ville.example.org/aide',
  'https://ville.example.org/aide/../inscriptions',
];
