import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { addToCache } from './cache.ts';
import { catalogue, type ServerName } from './catalogue.ts';
import { freePort } from './ports.ts';

/** Long enough for a slow mobile line, short enough that an offline machine tries the next source soon. */
const connectTimeoutMs = 2_500;

/**
 * Downloads the server with the vendor's own tooling and caches it. Tests the connection first, so an offline machine
 * loses at most `connectTimeoutMs`. Throws with the reason.
 */
export async function fetchFromVendor(
  name: ServerName,
  cacheDir: string,
): Promise<{ path: string; version: string }> {
  const { vendor } = catalogue[name];
  await assertReachable(vendor.host);
  await mkdir(cacheDir, { recursive: true });
  const workDir = await mkdtemp(join(cacheDir, 'fetch-'));
  try {
    const downloaded =
      name === 'mongod' ? await downloadMongod(workDir) : await downloadTemporal(name, workDir);
    const version = name === 'mongod' ? vendor.version : `sdk-${await sdkVersion()}`;
    return { path: await addToCache(cacheDir, name, version, downloaded), version };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function downloadMongod(workDir: string): Promise<string> {
  const { MongoBinary } = await import('mongodb-memory-server-core');
  const { version } = catalogue.mongod.vendor;
  const path = await MongoBinary.getPath({ version, downloadDir: workDir, checkMD5: true });
  // The downloader may return a copy that it stores elsewhere; that file must not be moved.
  const own = join(workDir, 'mongod.copy');
  await copyFile(path, own);
  return own;
}

/** The SDK can download only while starting, so the server is started once and stopped again. */
async function downloadTemporal(name: ServerName, workDir: string): Promise<string> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const executable = { type: 'cached-download', downloadDir: workDir } as const;
  const environment =
    name === 'temporal'
      ? await TestWorkflowEnvironment.createLocal({
          server: { executable, port: await freePort(null, () => undefined) },
        })
      : await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  await environment.teardown();
  const file = (await readdir(workDir)).find((entry) => entry.startsWith('temporal'));
  if (file === undefined) throw new Error('the SDK downloaded no server');
  return join(workDir, file);
}

async function sdkVersion(): Promise<string> {
  const { default: manifest } = await import('@temporalio/testing/package.json', { with: { type: 'json' } });
  return manifest.version;
}

/** Rejects with the reason if it cannot connect to the vendor's host within `connectTimeoutMs`. */
export async function assertReachable(host: string): Promise<void> {
  const proxy = process.env['HTTPS_PROXY'] ?? process.env['https_proxy'];
  const target = proxy === undefined || proxy === '' ? new URL(`https://${host}`) : new URL(proxy);
  const port = Number(target.port || (target.protocol === 'http:' ? 80 : 443));
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: target.hostname, port });
    socket.setTimeout(connectTimeoutMs, () =>
      socket.destroy(new Error(`no connection within ${connectTimeoutMs} ms`)),
    );
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', (error) => reject(new Error(`${host} is unreachable (${error.message})`)));
  });
}
