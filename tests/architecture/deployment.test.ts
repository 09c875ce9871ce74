import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { rootDir } from '../../scripts/paths.ts';
import { environmentNames, loadConfig } from '../../src/app/config.ts';
import { ConfigError } from '../../src/platform/config.ts';
import { testEnvironment } from '../support/config.ts';
import { readImports } from './imports.ts';

const read = (file: string): string => readFileSync(join(rootDir, file), 'utf8');

/** What a process calls: the file that opens the connection, the package that it uses, and the ports. */
const services = {
  mongodb: { opener: 'src/platform/mongo.ts', packages: ['mongoose'], ports: [27017] },
  temporal: { opener: 'src/platform/temporal.ts', packages: ['@temporalio/client'], ports: [7233] },
  temporalWorker: {
    opener: 'src/platform/temporal-worker.ts',
    packages: ['@temporalio/worker'],
    ports: [7233],
  },
  provider: { opener: 'src/whatsapp/graph.ts', packages: ['undici'], ports: [443] },
  media: { opener: 'src/whatsapp/media-api.ts', packages: ['undici'], ports: [443] },
  storage: { opener: 'src/storage/s3.ts', packages: ['@aws-sdk/client-s3'], ports: [443] },
  mail: { opener: 'src/mail/transport.ts', packages: ['nodemailer'], ports: [465, 587] },
} as const;
type Service = keyof typeof services;

/** The processes of the manifests, with what they call. The first test holds this list to the code. */
const calls: Readonly<Record<string, readonly Service[]>> = {
  api: ['mongodb', 'temporal', 'provider', 'media', 'storage', 'mail'],
  worker: ['mongodb', 'temporal', 'temporalWorker', 'provider', 'media', 'storage'],
  migrate: ['mongodb'],
};

const imports = readImports().filter(({ isTypeOnly }) => !isTypeOnly);

/** The source files that a process loads. */
function loadedBy(start: string): ReadonlySet<string> {
  const seen = new Set([start]);
  for (const file of seen)
    for (const { from, to, isPackage } of imports) if (from === file && !isPackage) seen.add(to);
  return seen;
}

interface Policy {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly podSelector: {
      readonly matchLabels?: Readonly<Record<string, string>>;
      readonly matchExpressions?: readonly { key: string; operator: string; values: readonly string[] }[];
    };
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly {
      readonly from: readonly {
        readonly namespaceSelector: { readonly matchLabels: Readonly<Record<string, string>> };
      }[];
      readonly ports: readonly { readonly port: number }[];
    }[];
    readonly egress?: readonly {
      readonly to?: unknown;
      readonly ports?: readonly { readonly protocol: string; readonly port: number }[];
    }[];
  };
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly ttlSecondsAfterFinished?: number;
    readonly template?: {
      readonly metadata: {
        readonly labels: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
      };
      readonly spec: PodSpec;
    };
  };
}

interface Probe {
  readonly httpGet: { readonly path: string };
  readonly periodSeconds: number;
  readonly failureThreshold?: number;
}

interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly {
    readonly envFrom?: readonly unknown[];
    readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
    readonly startupProbe?: Probe;
    readonly livenessProbe?: Probe;
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly resources: { readonly limits: { readonly memory?: string } };
  }[];
}

/** What a process was seen to take, in MB (deploy/README.md). A body may take three times its size. */
const measuredMb: Readonly<Record<string, number>> = { api: 400 + 3 * 64, worker: 635, migrate: 150 };

/** A limit of Kubernetes (`768Mi`, `1Gi`) or compose (`768m`, `1g`) in MB. */
function limitMb(limit: string): number {
  const [, amount, unit = ''] = /^(\d+)([mMgG])i?$/.exec(limit) ?? [];
  return Number(amount) * (unit.toLowerCase() === 'g' ? 1_073 : 1.048);
}

const manifests = readdirSync(join(rootDir, 'deploy/kubernetes'))
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => parseAllDocuments(read(`deploy/kubernetes/${name}`)))
  .map((document) => document.toJS() as Manifest);
const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy') as unknown as Policy[];
const pods = manifests.flatMap(({ spec }) => spec?.template ?? []);

function selects({ spec: { podSelector } }: Policy, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = podSelector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      assert.equal(operator, 'In', 'this test knows no other operator');
      return values.includes(labels[key] ?? '');
    })
  );
}

/** The TCP ports on which a namespace may call a pod. */
const portsFor = (namespace: string, labels: Readonly<Record<string, string>>): readonly number[] =>
  policies
    .filter((policy) => policy.spec.policyTypes.includes('Ingress') && selects(policy, labels))
    .flatMap(({ spec }) => spec.ingress ?? [])
    .filter(({ from }) =>
      from.some(
        ({ namespaceSelector }) => namespaceSelector.matchLabels['kubernetes.io/metadata.name'] === namespace,
      ),
    )
    .flatMap(({ ports }) => ports.map(({ port }) => port));

/** The TCP ports that a pod may call anywhere. */
const openPorts = (labels: Readonly<Record<string, string>>): ReadonlySet<number> =>
  new Set(
    policies
      .filter((policy) => policy.spec.policyTypes.includes('Egress') && selects(policy, labels))
      .flatMap(({ spec }) => spec.egress ?? [])
      .filter(({ to }) => to === undefined)
      .flatMap(({ ports }) => {
        assert.ok(ports !== undefined, 'a rule without ports opens all of them');
        return ports.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port);
      }),
  );

describe('Kubernetes', () => {
  it('what a process calls › the list above › is what its code loads, and every outbound package is in it', () => {
    for (const [process, listed] of Object.entries(calls)) {
      const loaded = loadedBy(`src/bin/${process}.ts`);
      const called = Object.entries(services)
        .filter(([, { opener }]) => loaded.has(opener))
        .map(([name]) => name);
      assert.deepEqual(called.toSorted(), listed.toSorted(), process);
    }
    const outbound =
      /^(?:node:)?(?:https?|http2|net|tls|dgram)$|^(?:undici|nodemailer|axios|got|ws|@aws-sdk\/.+)$/;
    const openers = imports.filter(({ from, to }) => /^(?:src|activities)\//.test(from) && outbound.test(to));
    const known = Object.values(services).map(({ opener }): string => opener);
    /** These listen, or use only helpers. */
    const listeners = [
      'src/http/',
      'src/platform/listen.ts',
      'src/platform/metrics.ts',
      'src/platform/network.ts',
      'src/platform/sdk-metrics.ts',
    ];
    assert.deepEqual(
      openers
        .map(({ from }) => from)
        .filter((from) => !known.includes(from) && !listeners.some((prefix) => from.startsWith(prefix))),
      [],
    );
  });

  it('network policies › each process › reaches exactly what it calls', () => {
    assert.deepEqual(
      new Set(pods.map(({ metadata }) => metadata.labels['part'])),
      new Set(Object.keys(calls)),
    );
    for (const { metadata } of pods) {
      const needed = (calls[metadata.labels['part'] ?? ''] ?? []).flatMap((name): number[] => [
        ...services[name].ports,
      ]);
      assert.deepEqual(openPorts(metadata.labels), new Set(needed), metadata.labels['part']);
    }
  });

  it('network policies › without a rule › nothing goes in or out; names are resolved by the cluster only', () => {
    const deny = policies.find(({ metadata }) => metadata.name === 'default-deny');
    assert.deepEqual(deny?.spec, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const dns = policies.filter(({ spec }) => spec.egress?.some(({ to }) => to !== undefined));
    assert.deepEqual(
      dns.map(({ metadata }) => metadata.name),
      ['dns-egress'],
    );
    for (const { metadata } of pods) assert.ok(dns.every((policy) => selects(policy, metadata.labels)));
  });

  it('pods › every container › no root, no writable disk, no privileges, a memory limit', () => {
    for (const { spec } of pods) {
      assert.equal(spec.automountServiceAccountToken, false);
      assert.equal(spec.securityContext['runAsNonRoot'], true);
      assert.deepEqual(spec.securityContext['seccompProfile'], { type: 'RuntimeDefault' });
      for (const { securityContext, resources } of spec.containers) {
        assert.deepEqual(securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        assert.ok(resources.limits.memory !== undefined);
      }
    }
  });

  it('memory › the limit of each container › is above what it was seen to take', () => {
    for (const { metadata, spec } of pods) {
      const part = metadata.labels['part'] ?? '';
      const measured = measuredMb[part] ?? Number.NaN;
      for (const { resources } of spec.containers)
        assert.ok(limitMb(resources.limits.memory ?? '') > measured * 1.2, part);
    }
  });

  it('everything applied at once › the processes wait for the migrations, and are not killed meanwhile', () => {
    const waiting = pods.filter(({ metadata }) => metadata.labels['part'] !== 'migrate');
    assert.equal(waiting.length, 2);
    for (const { spec } of waiting)
      for (const { startupProbe, livenessProbe } of spec.containers) {
        assert.equal(startupProbe?.httpGet.path, '/readyz');
        const patienceSeconds = startupProbe.periodSeconds * (startupProbe.failureThreshold ?? 3);
        assert.ok(patienceSeconds >= 3_600, `${patienceSeconds} s`);
        assert.equal(livenessProbe?.httpGet.path, '/healthz', 'never a check of a dependency');
      }
  });

  it('metrics › Prometheus › may call the port that each process serves them on, and nobody else may', () => {
    const { METRICS_PORT: _api, WORKER_METRICS_PORT: _worker, ...environment } = testEnvironment();
    const { metrics } = loadConfig(environment);
    const served = { api: metrics.apiPort, worker: metrics.workerPort };
    for (const [part, port] of Object.entries(served)) {
      const pod = pods.find(({ metadata }) => metadata.labels['part'] === part);
      assert.ok(pod !== undefined, part);
      assert.equal(pod.metadata.annotations?.['prometheus.io/scrape'], 'true');
      assert.equal(pod.metadata.annotations['prometheus.io/port'], String(port));
      const named = pod.spec.containers.flatMap(({ ports = [] }) => ports);
      assert.equal(named.find(({ name }) => name === 'metrics')?.containerPort, port);
      assert.ok(portsFor('monitoring', pod.metadata.labels).includes(port), part);
      assert.ok(!portsFor('ingress-nginx', pod.metadata.labels).includes(port), part);
    }
  });

  it('the migration job › is gone soon after its end, because an apply cannot change it', () => {
    const job = manifests.find(({ kind }) => kind === 'Job');
    assert.ok((job?.spec?.ttlSecondsAfterFinished ?? Number.NaN) <= 600);
  });

  it('configuration › any setting of the ConfigMap and the Secret › reaches every container', () => {
    for (const { spec } of pods)
      for (const { envFrom } of spec.containers)
        assert.deepEqual(envFrom, [
          { configMapRef: { name: 'whatsapp-crm' } },
          { secretRef: { name: 'whatsapp-crm' } },
        ]);
  });

  it('configuration › with the secrets filled in › starts in production, without INSECURE_SETTINGS', () => {
    const { data = {} } = manifests.find(({ kind }) => kind === 'ConfigMap') ?? {};
    assert.equal(data['TEMPORAL_TLS'], 'true');
    const config = loadConfig({
      ...testEnvironment(),
      ...data,
      MONGODB_URI: 'mongodb+srv://crm:pw@db.example.com/whatsapp_crm',
      SMTP_URL: 'smtps://crm:pw@mail.example.com:465',
    });
    assert.equal(config.deployment.isProduction, true);
    assert.equal(config.temporal.tls, true);
    assert.deepEqual(config.deployment.insecureSettings, []);
  });
});

interface ComposeService {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly cap_add?: unknown;
  readonly privileged?: unknown;
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly stop_grace_period?: string;
  readonly ports?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
}

const composeText = read('docker-compose.yml');
const { services: composed } = parse(composeText, { merge: true }) as {
  services: Readonly<Record<string, ComposeService>>;
};

/** A value with the defaults of its variables; a required variable gets what `given` says. */
const expand = (value: string, given: Readonly<Record<string, string>>): string =>
  value.replaceAll(
    /\$\{(\w+)(?::([-?+])([^}]*))?\}/g,
    (_all, name: string, operator: string | undefined, text = '') => {
      const set = given[name] ?? '';
      if (operator === '+') return set === '' ? '' : text;
      return set !== '' || operator !== '-' ? set : text;
    },
  );

/** Settings that the compose file fixes, with the reason. */
const fixedInCompose: Readonly<Record<string, string>> = {
  NODE_ENV: 'it is for production',
  NODE_TLS_REJECT_UNAUTHORIZED: 'production refuses the one value that means something',
  HOST: 'the image listens for its network',
  PORT: 'the port inside the container; API_PORT is the one outside',
  WORKER_HEALTH_PORT: 'the health check asks there',
  MONGODB_URI: 'its own MongoDB',
  MEDIA_DIR: 'the volume that API and worker share',
  TEMPORAL_ADDRESS: 'its own Temporal server',
  TEMPORAL_NAMESPACE: 'its own Temporal server',
  TEMPORAL_TLS: 'its own Temporal server',
  TEMPORAL_API_KEY: 'its own Temporal server',
};

/** Services that write to their root, with the reason. */
const writable: Readonly<Record<string, string>> = {
  'temporal-ui': 'writes its configuration beside its program',
};

const images = (): readonly string[] => [
  ...Object.values(composed).map(({ image }) => expand(image, {})),
  ...[...read('Dockerfile').matchAll(/^ARG NODE_IMAGE=(.+)$/gm)].map(([, image = '']) => image),
];

/** A digest, or a whole version; our own image is built here. */
const isPinned = (image: string): boolean =>
  image === 'whatsapp-crm:local' ||
  /@sha256:[0-9a-f]{64}$/.test(image) ||
  /:\d+\.\d+(?:\.\d+)?(?:-[a-z]+(?:-[a-z]+)*)?$/.test(image);

describe('compose file', () => {
  it('containers › each › read-only root, no capabilities, no new privileges, a memory limit', () => {
    assert.ok(Object.keys(composed).length >= 11, 'the services were found');
    for (const [name, service] of Object.entries(composed)) {
      assert.equal(service.read_only, !Object.hasOwn(writable, name), name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      assert.match(service.mem_limit ?? '', /^\d+[mg]$/, name);
      assert.deepEqual([service.cap_add, service.privileged], [undefined, undefined], name);
    }
  });

  it('memory › the limit of each process › is above what it was seen to take', () => {
    for (const [name, measured] of Object.entries(measuredMb))
      assert.ok(limitMb(composed[name]?.mem_limit ?? '') > measured * 1.2, name);
  });

  it('logs › of each container › are rotated', () => {
    for (const [name, { logging }] of Object.entries(composed)) {
      assert.equal(logging?.driver, 'json-file', name);
      assert.match(logging.options['max-size'] ?? '', /^\d+m$/, name);
      assert.ok(Number(logging.options['max-file']) > 1, name);
    }
  });

  it('settings › each of .env.example › can be set in .env, or is fixed for a reason', () => {
    const names = [...read('.env.example').matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name);
    assert.ok(names.length > 50, `${names.length} names`);
    const environment = composed['worker']?.environment ?? {};
    const settable = (name: string): boolean =>
      expand(String(environment[name] ?? ''), { [name]: 'example' }).includes('example');
    assert.deepEqual(
      names.filter((name) => !settable(name) && !Object.hasOwn(fixedInCompose, name)),
      [],
    );
    assert.deepEqual(
      Object.keys(fixedInCompose).filter((name) => !names.includes(name) || settable(name)),
      [],
      'no reason without need',
    );
  });

  it('containers whose image starts as root › each › is told another user', () => {
    for (const [name, { image, user }] of Object.entries(composed))
      if (/mongo|postgres/.test(image)) assert.equal(user, '999:999', name);
    assert.match(read('Dockerfile'), /^USER node$/m);
  });

  it('images › each › is pinned to a digest or a whole version, never to latest', () => {
    assert.ok(images().length > 8, 'the images were found');
    assert.deepEqual(
      images().filter((image) => !isPinned(image)),
      [],
    );
    for (const loose of ['mongo', 'mongo:latest', 'mongo:8', 'node:24-bookworm-slim', 'postgres:16'])
      assert.equal(isPinned(loose), false, loose);
  });

  it('ports › each › only this host reaches it', () => {
    const published = Object.values(composed).flatMap(({ ports = [] }) => ports);
    assert.ok(published.length > 0 && published.every((port) => port.startsWith('127.0.0.1:')));
  });

  it('MongoDB › asks for a password, with a key file of its own; no password is written down', () => {
    assert.deepEqual(composed['mongo']?.entrypoint, ['/bin/sh', '/setup/start.sh']);
    assert.match(read('deploy/mongo/start.sh'), /exec mongod .*--keyFile \S+/);
    assert.match(
      String(composed['api']?.environment?.['MONGODB_URI']),
      /^mongodb:\/\/crm:\$\{MONGO_PASSWORD:\?/,
    );
    const passwords = composeText.matchAll(/^ *(\w*(?:PASSWORD|PWD|SECRETS?|KEY|TOKEN)): (.*)$/gm);
    for (const [line, name = '', value = ''] of passwords)
      // A second name of WHATSAPP_APP_SECRETS may stay empty, and a bucket may be opened by a role.
      assert.match(
        value,
        /^(?:WHATSAPP_APP_SECRET|MEDIA_S3_SECRET_ACCESS_KEY)$/.test(name) ? /^\$\{\w+:-\}$/ : /^\$\{\w+:\?/,
        line,
      );
  });

  it('environment › with the required variables › starts in production, and accepts two settings', () => {
    const given = {
      ...testEnvironment(),
      PUBLIC_URL: 'https://crm.example.com',
      MONGO_PASSWORD: 'f'.repeat(48),
      SMTP_URL: 'smtps://crm:pw@mail.example.com:465',
      MAIL_FROM: 'CRM <no-reply@example.com>',
    };
    const environmentWith = (extra: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(composed['api']?.environment ?? {}).map(([name, value]) => [
          name,
          expand(String(value), { ...given, ...extra }),
        ]),
      );
    const environment = environmentWith({});
    assert.deepEqual(
      Object.keys(environment).filter((name) => !environmentNames.includes(name)),
      [],
    );
    const config = loadConfig(environment);
    assert.deepEqual(config.deployment.insecureSettings, ['MONGODB_URI', 'TEMPORAL_TLS']);
    const trial = { WHATSAPP_PROVIDER: 'sandbox', WHATSAPP_API_URL: 'http://sandbox:4010' };
    assert.throws(() => loadConfig(environmentWith(trial)), ConfigError);
    const accepted = { ...trial, INSECURE_SETTINGS: 'WHATSAPP_PROVIDER,WHATSAPP_API_URL' };
    assert.equal(loadConfig(environmentWith(accepted)).provider.kind, 'sandbox');
  });
});
