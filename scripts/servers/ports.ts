import { connect, createServer } from 'node:net';

/**
 * A replacement port is searched in steps of a hundred: it stays recognisable and does not collide with its
 * neighbours.
 */
const replacementStep = 100;
const replacementTries = 9;

interface PortOptions {
  /** The name used to report a replacement. */
  readonly name?: string;
  /** Free ports that are reserved for a program that does not listen yet. */
  readonly reserved?: ReadonlySet<number>;
  /** Whether a free port may be taken; false if another start has chosen it and does not listen on it yet. */
  readonly claim?: (port: number) => boolean;
}

/**
 * A free port on loopback: the preferred one, else a near one, which is reported by name; any free one without a
 * preference. Another program may take the port at any time, so listen on it at once.
 */
export async function freePort(
  preferred: number | null,
  log: (line: string) => void,
  { name = 'port', reserved = new Set(), claim = () => true }: PortOptions = {},
): Promise<number> {
  const isUsable = async (port: number) => !reserved.has(port) && (await isPortFree(port)) && claim(port);
  if (preferred === null || preferred === 0) return anyFreePort(isUsable);
  if (await isUsable(preferred)) return preferred;
  const replacement = await nearFreePort(preferred, isUsable);
  const why = (await isForbidden(preferred)) ? 'needs the rights of root' : 'is taken by another program';
  log(`${name} ${preferred} ${why}; using ${replacement} instead`);
  return replacement;
}

/** The port of an address, also where the address leaves it out because its scheme implies it. */
export function portOfUrl(address: string): number {
  const { port, protocol } = new URL(address);
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

const loopback = ['127.0.0.1', '::1'] as const;
type Loopback = (typeof loopback)[number];

/** Whether the port is free on both loopback addresses: `localhost` may mean either. */
export async function isPortFree(port: number): Promise<boolean> {
  for (const host of loopback) {
    // Some systems let a program bind a loopback address although another one listens on all addresses: try both.
    if ((await answers(port, host)) || typeof (await tryToListen(port, host)) !== 'number') return false;
  }
  return true;
}

/** Many systems reserve the ports below 1024. */
export const isForbidden = async (port: number): Promise<boolean> =>
  (await tryToListen(port, '127.0.0.1')) === 'EACCES';

type IsUsable = (port: number) => Promise<boolean>;

async function nearFreePort(preferred: number, isUsable: IsUsable): Promise<number> {
  for (let step = 1; step <= replacementTries; step += 1) {
    const candidate = preferred + step * replacementStep;
    if (candidate <= 65_535 && (await isUsable(candidate))) return candidate;
  }
  return anyFreePort(isUsable);
}

const anyPortTries = 20;

async function anyFreePort(isUsable: IsUsable): Promise<number> {
  for (let attempt = 0; attempt < anyPortTries; attempt += 1) {
    const port = await tryToListen(0, '127.0.0.1');
    if (typeof port === 'number' && (await isUsable(port))) return port;
  }
  throw new Error('no free port on 127.0.0.1');
}

/** A machine without IPv6 has no `::1`, so nobody can listen there. */
const missingAddress = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** The port, or the code of the error. */
function tryToListen(port: number, host: Loopback): Promise<number | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.message;
      resolve(missingAddress.includes(code) ? port : code);
    });
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      const listening = typeof address === 'object' && address !== null ? address.port : 'no address';
      server.close(() => resolve(listening));
    });
  });
}

function answers(port: number, host: Loopback): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 500 });
    const settle = (isAnswering: boolean) => {
      socket.destroy();
      resolve(isAnswering);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
