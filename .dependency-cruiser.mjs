/**
 * The import rules of the house: everything points inward, `domain` at the centre.
 *
 *   domain ← store, service ← edge ← app.ts ← main.ts, cli, dev
 *
 * tests/unit/import-rules.test.ts proves that the tool saw every file and that a planted import is refused:
 * a parser that understands nothing reports no violation either.
 */
const packages = '^node_modules/';

/** Files of `from` may import only what matches one of `to`, node's own modules and packages (ruled on apart). */
const layer = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { pathNot: [...to, packages], dependencyTypesNot: ['core'] },
});

/** The package may be imported by the named files of src only. */
const packageOnlyIn = (name, packageName, where) => ({
  name,
  severity: 'error',
  from: { path: '^src/', pathNot: where },
  to: { path: `^node_modules/(@types/)?${packageName}` },
});

export default {
  forbidden: [
    {
      name: 'domain-imports-nothing',
      comment: 'Words and arithmetic: no other part of the project and no package.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/', dependencyTypesNot: ['core'] },
    },
    layer(
      'store-imports-domain',
      '^src/store/',
      ['^src/(store|domain)/'],
      'An adapter knows the words only.',
    ),
    layer(
      'service-imports-domain-and-port',
      '^src/service/',
      ['^src/(service|domain)/', '^src/store/([a-z-]+-store|room-events|ticket-finder)\\.ts$'],
      'Use cases know the ports, never an adapter, and nothing of HTTP.',
    ),
    layer(
      'edge-imports-service',
      '^src/edge/',
      ['^src/(edge|service|domain|web|telemetry)/'],
      'The network talks to use cases, never to a store.',
    ),
    layer(
      'telemetry-imports-domain',
      '^src/telemetry/',
      ['^src/(telemetry|domain)/'],
      'It is told; it asks nobody.',
    ),
    layer(
      'web-imports-domain',
      '^src/web/(?!client/|widget/)',
      ['^src/(web|domain)/'],
      'Pages are made from words.',
    ),
    {
      name: 'browser-imports-web',
      comment: 'What ships to browsers carries neither Node nor the service with it.',
      severity: 'error',
      from: { path: '^src/web/(client|widget)/', pathNot: '[.]react[.]d[.]ts$' },
      to: { pathNot: '^src/web/' },
    },
    layer(
      'config-imports-nothing',
      '^src/(config|settings|setting-formats|setting-kinds)\\.ts$',
      ['^src/(settings|setting-formats|setting-kinds)\\.ts$', '^src/domain/'],
      'Settings come before everything else.',
    ),
    {
      name: 'only-the-wiring-is-above',
      comment: 'app.ts knows everybody; nobody below knows app.ts, main.ts or the command line.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main\\.ts$|cli/|dev/)' },
      to: { path: '^src/(app\\.ts$|main\\.ts$|cli/)' },
    },
    {
      name: 'nothing-shipped-imports-dev',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/dev/' },
      to: { path: '^src/dev/' },
    },
    {
      name: 'nothing-shipped-imports-dev-dependencies',
      comment: 'The image is installed without them. The types for React go to those who have it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(dev/|.*[.]react[.]d[.]ts$)' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'src-does-not-import-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(tests|load-tests)/' },
    },
    packageOnlyIn('ioredis-in-store', 'ioredis', '^src/(store/|app\\.ts$)'),
    packageOnlyIn(
      'fastify-in-edge',
      '(fastify|@fastify)',
      '^src/(edge/|app[a-z-]*\\.ts$|dev/bench/bare-main\\.ts$)',
    ),
    packageOnlyIn('nodemailer-in-one-file', 'nodemailer', '^src/edge/smtp\\.ts$'),
    {
      name: 'no-circular',
      comment: 'Types may refer to each other; running code may not.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared-in-package-json',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    preserveSymlinks: true,
    doNotFollow: { path: 'node_modules' },
    // TypeScript 7 has no parser that the tool can use; without swc it sees no module and passes.
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
