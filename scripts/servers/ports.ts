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
}

/**
 * A free port on loopback: the preferred one, else a near one, which is reported by name; any free one without a
 * preference. Another program may take the port at any time, so listen on it at once.
 */
export async function freePort(
  preferred: number | null,
  log: (line: string) => void,
  { name = 'port', reserved = new Set() }: PortOptions = {},
): Promise<number> {
  if (preferred === null || preferred === 0) return anyFreePort();
  if (!reserved.has(preferred) && (await isPortFree(preferred))) return preferred;
  const replacement = await nearFreePort(preferred, reserved);
  log(`${name} ${preferred} is taken by another program; using ${replacement} instead`);
  return replacement;
}

export async function isPortFree(port: number): Promise<boolean> {
  // Some systems let a program bind a loopback address although another one listens on all addresses: try both.
  return !(await answers(port)) && (await canListen(port)) !== null;
}

async function nearFreePort(preferred: number, reserved: ReadonlySet<number>): Promise<number> {
  for (let step = 1; step <= replacementTries; step += 1) {
    const candidate = preferred + step * replacementStep;
    const isUsable = candidate <= 65_535 && !reserved.has(candidate);
    if (isUsable && (await isPortFree(candidate))) return candidate;
  }
  return anyFreePort();
}

async function anyFreePort(): Promise<number> {
  const port = await canListen(0);
  if (port === null) throw new Error('no free port on 127.0.0.1');
  return port;
}

function canListen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const listeningPort = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => resolve(listeningPort));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 500 });
    const settle = (isAnswering: boolean) => {
      socket.destroy();
      resolve(isAnswering);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
