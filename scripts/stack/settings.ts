import { join } from 'node:path';
import { dataDir } from '../paths.ts';
import { freePort, portOfUrl } from '../servers/ports.ts';
import type { RawEnvironment, Secrets } from './secrets.ts';

export const defaultPorts = {
  PORT: 4000,
  WORKER_HEALTH_PORT: 4001,
  METRICS_PORT: 4002,
  WORKER_METRICS_PORT: 4003,
  SANDBOX_PORT: 4010,
  MAIL_CATCHER_PORT: 4025,
  MAIL_PAGE_PORT: 4026,
  MONGOD_PORT: 27_017,
  TEMPORAL_PORT: 7233,
  TEMPORAL_UI_PORT: 8233,
} as const;

export type PortName = keyof typeof defaultPorts;
export type Ports = Readonly<Record<PortName, number>>;

export interface Settings {
  readonly wantedPorts: Ports;
  /** Set by the environment; replaces the stack's own server. */
  readonly mongodbUri: string | null;
  readonly temporalAddress: string | null;
  readonly temporalUiUrl: string | null;
  readonly namespace: string;
  readonly usesSandbox: boolean;
  /** False if the environment names a mail server. */
  readonly catchesMails: boolean;
}

const database = 'whatsapp_crm';

/** The settings of `npm start` from the environment; empty variables and values that are no port count as not set. */
export function readSettings(env: RawEnvironment): Settings {
  const given = (name: string) => env[name]?.trim() || null;
  return {
    wantedPorts: mapPorts((name) => readPort(name, given(name))),
    mongodbUri: given('MONGODB_URI'),
    temporalAddress: given('TEMPORAL_ADDRESS'),
    temporalUiUrl: given('TEMPORAL_UI_URL'),
    namespace: given('TEMPORAL_NAMESPACE') ?? 'whatsapp-crm',
    usesSandbox: given('WHATSAPP_PROVIDER') !== 'cloud',
    catchesMails: given('SMTP_URL') === null,
  };
}

/** The ports to listen on: the wanted ones if they are free. Each replacement is reported by name. */
export async function choosePorts(
  settings: Settings,
  log: (line: string) => void,
  claim: (port: number) => boolean = () => true,
): Promise<Ports> {
  const chosen = new Map<PortName, number>();
  for (const name of portNames()) {
    if (!needsPort(name, settings)) continue;
    const reserved = new Set(chosen.values());
    chosen.set(name, await freePort(settings.wantedPorts[name], log, { name, reserved, claim }));
  }
  return mapPorts((name) => chosen.get(name) ?? settings.wantedPorts[name]);
}

export interface Addresses {
  readonly api: string;
  readonly sandbox: string;
  readonly workerHealth: string;
  /** Metrics pages; null if switched off. */
  readonly metrics: { readonly api: string | null; readonly worker: string | null };
  readonly mongodbUri: string;
  readonly temporalAddress: string;
  readonly temporalUi: string;
  /** Null if mails go to a mail server of the environment. */
  readonly mail: MailAddresses | null;
}

export interface MailAddresses {
  readonly smtp: string;
  /** The page that shows the caught mails. */
  readonly page: string;
}

export function toAddresses(settings: Settings, ports: Ports): Addresses {
  // By name, because people open these: a cookie of `localhost` is not sent to 127.0.0.1.
  const local = (port: number) => `http://localhost:${port}`;
  const metricsPage = (port: number) => (port === 0 ? null : `${local(port)}/metrics`);
  const ownUi = settings.temporalAddress === null ? local(ports.TEMPORAL_UI_PORT) : null;
  return {
    api: local(ports.PORT),
    sandbox: local(ports.SANDBOX_PORT),
    workerHealth: local(ports.WORKER_HEALTH_PORT),
    metrics: {
      api: metricsPage(ports.METRICS_PORT),
      worker: metricsPage(ports.WORKER_METRICS_PORT),
    },
    mongodbUri: settings.mongodbUri ?? `mongodb://127.0.0.1:${ports.MONGOD_PORT}/${database}?replicaSet=rs0`,
    temporalAddress: settings.temporalAddress ?? `127.0.0.1:${ports.TEMPORAL_PORT}`,
    temporalUi: ownUi ?? settings.temporalUiUrl ?? local(defaultPorts.TEMPORAL_UI_PORT),
    mail: settings.catchesMails
      ? {
          smtp: `smtp://127.0.0.1:${ports.MAIL_CATCHER_PORT}`,
          page: `${local(ports.MAIL_PAGE_PORT)}/dev/mails`,
        }
      : null,
  };
}

/**
 * The environment of API, worker, migrations and sandbox: the user's variables, overridden by this run's decisions.
 */
export function toChildEnv(
  env: RawEnvironment,
  settings: Settings,
  addresses: Addresses,
  secrets: Secrets,
): Record<string, string> {
  const given = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  const { SANDBOX_APP_SECRET, ...secretsOfProduct } = secrets;
  return {
    NODE_ENV: 'development',
    PUBLIC_URL: addresses.api,
    MEDIA_DIR: join(dataDir, 'media'),
    ...given,
    ...secretsOfProduct,
    HOST: 'localhost',
    PORT: portOf(addresses.api),
    WORKER_HEALTH_PORT: portOf(addresses.workerHealth),
    METRICS_PORT: addresses.metrics.api === null ? '0' : portOf(addresses.metrics.api),
    WORKER_METRICS_PORT: addresses.metrics.worker === null ? '0' : portOf(addresses.metrics.worker),
    MONGODB_URI: addresses.mongodbUri,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
    TEMPORAL_NAMESPACE: settings.namespace,
    TEMPORAL_UI_URL: addresses.temporalUi,
    ...(addresses.mail === null ? {} : { SMTP_URL: addresses.mail.smtp }),
    ...(settings.usesSandbox ? sandboxEnv(addresses, SANDBOX_APP_SECRET, secrets) : {}),
  };
}

function sandboxEnv(addresses: Addresses, appSecret: string, secrets: Secrets): Record<string, string> {
  return {
    WHATSAPP_PROVIDER: 'sandbox',
    WHATSAPP_API_URL: byNumber(addresses.sandbox),
    SANDBOX_HOST: 'localhost',
    SANDBOX_PORT: portOf(addresses.sandbox),
    SANDBOX_DATA_DIR: join(dataDir, 'sandbox'),
    SANDBOX_WEBHOOK_URL: `${byNumber(addresses.api)}/webhook/incoming`,
    SANDBOX_APP_SECRET: appSecret,
    SANDBOX_VERIFY_TOKEN: secrets.WEBHOOK_VERIFY_TOKEN,
  };
}

/** For calls between the processes, which need no look-up of a name. */
const byNumber = (url: string): string => url.replace('//localhost:', '//127.0.0.1:');

/** Whether this run listens on the port. */
export function needsPort(name: PortName, settings: Settings): boolean {
  if (canBeOff(name) && settings.wantedPorts[name] === 0) return false;
  if (name === 'MONGOD_PORT') return settings.mongodbUri === null;
  if (name === 'TEMPORAL_PORT' || name === 'TEMPORAL_UI_PORT') return settings.temporalAddress === null;
  if (name === 'MAIL_CATCHER_PORT' || name === 'MAIL_PAGE_PORT') return settings.catchesMails;
  return name !== 'SANDBOX_PORT' || settings.usesSandbox;
}

/** Port 0 switches metrics off. */
export const canBeOff = (name: PortName): boolean =>
  name === 'METRICS_PORT' || name === 'WORKER_METRICS_PORT';

/** Wrong values never come here: `wrongValuesOf` stops the start before. */
const maxPort = 65_535;

const readPort = (name: PortName, given: string | null): number =>
  given === null || !/^\d+$/.test(given) || Number(given) > maxPort ? defaultPorts[name] : Number(given);

const portOf = (url: string): string => String(portOfUrl(url));

export function portNames(): PortName[] {
  return Object.keys(defaultPorts) as PortName[];
}

function mapPorts(toPort: (name: PortName) => number): Ports {
  return Object.fromEntries(portNames().map((name) => [name, toPort(name)])) as Record<PortName, number>;
}
