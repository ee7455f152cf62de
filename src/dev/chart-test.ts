/**
 * Lints and renders the chart: `npm run test:chart`. Needs helm; kubectl-validate is used where it is found.
 *
 * Values that work are linted, rendered and validated against Kubernetes' own schemas; values that cannot work
 * must be refused with a sentence that says why.
 */
import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findCommand, searchPathWithGo } from './provision.ts';

const run = promisify(execFile);
const chart = new URL('../../helm', import.meta.url).pathname;
const release = 'try';

const memoryOnly = { publicUrl: 'https://wait.example.org', replicaCount: 1 };
const withRedis = {
  publicUrl: 'https://wait.example.org',
  secrets: {
    signingKeys: { secretName: 'guichet', key: 'signing-keys.json' },
    redisUrl: { secretName: 'guichet', key: 'redis-url' },
    adminKey: { secretName: 'guichet', key: 'admin-key' },
  },
};
const everything = {
  ...withRedis,
  replicaCount: 3,
  settings: {
    redisWaitReplicas: 1,
    trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
    deliveryAllowedNetworks: ['10.20.0.0/16'],
    joinsPerMinutePerPrefix: 1_000_000,
    mailFrom: 'La file <file@example.org>',
  },
  secrets: { ...withRedis.secrets, smtpUrl: { secretName: 'mail', key: 'url' } },
  imagePullSecrets: ['registry'],
  rooms: { registration: { capacity: 1_000_000, name: { fr: 'Inscription', en: 'Registration' } } },
  service: { public: { type: 'LoadBalancer', annotations: { 'example.org/pool': 'front' } } },
  podDisruptionBudget: { maxUnavailable: '50%' },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  networkPolicy: {
    enabled: true,
    internalFrom: [{ namespaceSelector: { matchLabels: { name: 'operators' } } }],
  },
  podAnnotations: { 'example.org/team': 'web' },
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'dedicated', operator: 'Exists' }],
};

/** Values that work, and what their rendering must say. */
const accepted: Readonly<Record<string, { values: object; says: readonly string[] }>> = {
  'memory store': { values: memoryOnly, says: ['replicas: 1', 'readOnlyRootFilesystem: true'] },
  'two replicas on Redis': {
    values: withRedis,
    says: [
      'REDIS_URL_FILE, value: /run/secrets/guichet/redisUrl',
      'GUICHET_SIGNING_KEYS_FILE, value: /run/secrets/guichet/signingKeys',
      'enableServiceLinks: false',
      'automountServiceAccountToken: false',
      'path: /readyz, port: internal',
      'command: [sleep, "10"]',
    ],
  },
  'everything on': {
    values: everything,
    says: [
      '"1000000"',
      '"10.0.0.0/8,fd00::/8"',
      'kind: ServiceMonitor',
      'kind: NetworkPolicy',
      'rooms.json',
      'GUICHET_SMTP_URL_FILE, value: /run/secrets/guichet/smtpUrl',
      'GUICHET_MAIL_FROM, value: "La file <file@example.org>"',
    ],
  },
};

/** Values that cannot work, and what the refusal must name. */
const refused: Readonly<Record<string, { values: object; names: string }>> = {
  'no public URL': { values: {}, names: 'publicUrl' },
  'a public URL with a path': { values: { publicUrl: 'https://a.example/wait' }, names: 'publicUrl' },
  'an unknown value': { values: { ...withRedis, replicas: 2 }, names: 'replicas' },
  'an unknown setting': { values: { ...withRedis, settings: { drain: 1 } }, names: 'drain' },
  'a number out of bounds': { values: { ...withRedis, settings: { socketsMax: 0 } }, names: 'socketsMax' },
  'Redis without signing keys': {
    values: { ...withRedis, secrets: { redisUrl: { secretName: 'guichet' } } },
    names: 'secrets.signingKeys is required',
  },
  'two replicas without Redis': { values: { ...memoryOnly, replicaCount: 2 }, names: 'replicaCount above 1' },
  'confirmation without Redis': {
    values: { ...memoryOnly, settings: { redisWaitReplicas: 1 } },
    names: 'redisWaitReplicas needs',
  },
  'a mail server without a sender': {
    values: { ...withRedis, secrets: { ...withRedis.secrets, smtpUrl: { secretName: 'mail' } } },
    names: 'settings.mailFrom is required',
  },
  'a sender that is none': {
    values: { ...withRedis, settings: { mailFrom: 'Gatineau' } },
    names: 'mailFrom',
  },
  'too little time to stop': {
    values: { ...withRedis, terminationGracePeriodSeconds: 29 },
    names: 'terminationGracePeriodSeconds must be at least 30',
  },
};

type Tools = { helm: string; validate: string | null };

async function findTools(): Promise<Tools | null> {
  const helm = await findCommand('helm', searchPathWithGo());
  return helm === null ? null : { helm, validate: await findCommand('kubectl-validate', searchPathWithGo()) };
}

async function tryAccepted(tools: Tools, directory: string): Promise<void> {
  for (const [index, [name, { values, says }]] of Object.entries(accepted).entries()) {
    const file = await valuesFile(directory, values);
    await run(tools.helm, ['lint', '--strict', '--values', file, chart]);
    const { stdout } = await run(tools.helm, ['template', release, chart, '--values', file]);
    for (const text of says) assert.ok(stdout.includes(text), `${name}: the rendering does not say ${text}`);
    const rendered = join(directory, `rendered-${index}`);
    await run(tools.helm, ['template', release, chart, '--values', file, '--output-dir', rendered]);
    if (tools.validate !== null) await validate(tools.validate, join(rendered, 'guichet/templates'));
    console.log(`accepted: ${name}`);
  }
}

/** Against the schemas of Kubernetes itself, which know nothing of the Prometheus operator's kinds. */
async function validate(command: string, directory: string): Promise<void> {
  const files = (await readdir(directory)).filter((name) => name !== 'service-monitor.yaml');
  await run(
    command,
    files.map((name) => join(directory, name)),
  );
}

async function tryRefused(tools: Tools, directory: string): Promise<void> {
  for (const [name, { values, names }] of Object.entries(refused)) {
    const file = await valuesFile(directory, values);
    const refusal = await run(tools.helm, ['template', release, chart, '--values', file]).then(
      () => null,
      (error: unknown) => String(error),
    );
    assert.ok(refusal !== null, `${name}: accepted, but must be refused`);
    assert.ok(refusal.includes(names), `${name}: the refusal does not name ${names}:\n${refusal}`);
    console.log(`refused: ${name}`);
  }
}

async function valuesFile(directory: string, values: object): Promise<string> {
  const file = join(directory, 'values.json');
  await writeFile(file, JSON.stringify(values));
  return file;
}

const tools = await findTools();
if (tools === null) {
  console.error(`helm is needed to test the chart and was not found in ${searchPathWithGo().join(', ')}.`);
  process.exitCode = 1;
} else {
  const directory = await mkdtemp(join(tmpdir(), 'guichet-chart-'));
  try {
    await tryAccepted(tools, directory);
    await tryRefused(tools, directory);
  } finally {
    await rm(directory, { recursive: true });
  }
  const doubt =
    tools.validate === null ? ' (kubectl-validate was not found, so its schemas were not asked)' : '';
  console.log(`the chart works${doubt}`);
}
