import { readdir, readFile, readlink } from 'node:fs/promises';

/** Who listens on a port, as Linux shows it. */

/** The state LISTEN in /proc/net/tcp. */
const listening = '0A';

/**
 * Whether a process of the group listens on the port: false if only others do. Undefined if nobody listens, or if the
 * system does not show it (other systems than Linux).
 */
export async function listensInGroup(port: number, groupId: number): Promise<boolean | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readOrNothing));
  const sockets = new Set(tables.flatMap((table) => socketsOf(table, port)));
  if (sockets.size === 0) return undefined;
  for (const pid of await processesOf(groupId)) if (await holdsOne(pid, sockets)) return true;
  return false;
}

/** The links of the sockets that listen on the port, such as "socket:[4711]". */
const socketsOf = (table: string, port: number): string[] =>
  table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const isIt = state === listening && Number.parseInt(local.split(':')[1] ?? '', 16) === port;
    return isIt ? [`socket:[${inode}]`] : [];
  });

async function processesOf(groupId: number): Promise<readonly string[]> {
  const all = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const groups = await Promise.all(all.map(async (pid) => groupOf(await readOrNothing(`/proc/${pid}/stat`))));
  return all.filter((_, index) => groups[index] === groupId);
}

/** The fields after the name, which is in parentheses and may hold blanks: state, parent, group. */
const groupOf = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const links = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')));
  return links.some((link) => sockets.has(link));
}

const readOrNothing = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
