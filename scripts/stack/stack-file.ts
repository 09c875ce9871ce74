import { randomBytes } from 'node:crypto';
import type { DemoSignIn } from './demo.ts';
import type { ServiceName } from './services.ts';
import { type Addresses, needsPort, portNames, type Ports, type Settings } from './settings.ts';

/** Null for what this run did not start. */
export type Pids = Readonly<Record<ServiceName, number | null>>;

/** The content of .data/stack.json: all addresses, for scripts and tests. */
export interface StackFile {
  readonly api: string;
  readonly docs: string;
  readonly temporalUi: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly mongo: string;
  readonly sandbox: string | null;
  /** The page with the caught mails; null if mails are really sent. */
  readonly mail: string | null;
  /** Metrics pages of the processes that have one. */
  readonly metrics: readonly string[];
  readonly demo: DemoSignIn;
  /** The ports that this run listens on, by the variable that sets them. */
  readonly ports: Partial<Ports>;
  readonly pids: Pids;
}

interface StackParts {
  readonly settings: Settings;
  readonly addresses: Addresses;
  readonly ports: Ports;
  readonly demo: DemoSignIn;
  readonly pids: Pids;
}

export function toStackFile({ settings, addresses, ports, demo, pids }: StackParts): StackFile {
  const used = portNames().filter((name) => needsPort(name, settings));
  return {
    api: addresses.api,
    docs: `${addresses.api}/docs`,
    temporalUi: addresses.temporalUi,
    temporalAddress: addresses.temporalAddress,
    temporalNamespace: settings.namespace,
    mongo: addresses.mongodbUri,
    sandbox: settings.usesSandbox ? addresses.sandbox : null,
    mail: addresses.mail?.page ?? null,
    metrics: Object.values(addresses.metrics).filter((page) => page !== null),
    demo: { email: demo.email, password: demo.password },
    ports: Object.fromEntries(used.map((name) => [name, ports[name]])),
    pids,
  };
}

/** The final screen of a start. */
export function toScreen(stack: StackFile, accessToken: string, workflowId: string | null): string {
  const workflows = `${stack.temporalUi}/namespaces/${stack.temporalNamespace}/workflows`;
  return [
    '',
    ...toVariables(stack).map((line) => `  ${line}`),
    '',
    `  API docs       ${stack.docs}`,
    `  Temporal UI    ${workflows}`,
    ...(workflowId === null ? [] : [`  one message    ${workflows}/${workflowId}`]),
    ...(stack.sandbox === null ? [] : [`  sandbox calls  ${stack.sandbox}/sandbox/ledger`]),
    ...(stack.metrics.length === 0 ? [] : [`  metrics        ${stack.metrics.join('  ')}`]),
    `  demo sign-in   ${stack.demo.email}   ${stack.demo.password}`,
    '',
    '  The first lines are shell variables: paste them into another terminal for the walk in README.md.',
    '',
    '  Send a message yourself (the token is valid for 15 minutes; sign in to get a new one):',
    '',
    toCurl(stack.api, accessToken),
    '',
    '  Ctrl-C stops everything. Nothing is lost; the next start continues with the same data.',
    '',
  ].join('\n');
}

/** Assignments for a shell, as the walks use them. */
const toVariables = ({ api, sandbox, mail }: StackFile): string[] => [
  `API=${api}`,
  ...(sandbox === null ? [] : [`SANDBOX=${sandbox}`]),
  ...(mail === null ? [] : [`MAILS=${mail}`]),
];

function toCurl(api: string, accessToken: string): string {
  return [
    `curl -s ${api}/api/messages/template`,
    `-H 'authorization: Bearer ${accessToken}'`,
    `-H 'content-type: application/json'`,
    `-H 'idempotency-key: ${randomBytes(6).toString('hex')}'`,
    `-d '{"to":"+12025550201","templateName":"order_update","variables":{"body":["Ana","1042"]}}'`,
  ].join(' ');
}
