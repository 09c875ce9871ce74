import { randomInt } from 'node:crypto';
import { isPortFree } from '../../scripts/servers/ports.ts';

/**
 * Below the range of ports for outgoing connections: a killed process must get its port back, and a client that
 * connects to the dead port must not get that same port as its own.
 */
const range = { from: 15_000, to: 31_000 } as const;
const given = new Set<number>();

/** A free port on loopback that stays free while its process is down; never the same twice in one run. */
export async function stablePort(): Promise<number> {
  for (;;) {
    const port = randomInt(range.from, range.to);
    if (given.has(port) || !(await isPortFree(port))) continue;
    given.add(port);
    return port;
  }
}
