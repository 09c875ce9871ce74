import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProject } from '../../scripts/build.ts';
import { findBinary } from '../../scripts/servers/find.ts';
import type { Log } from '../shared/log.ts';
import { startCluster, type Binaries, type Cluster, type ClusterOptions } from './cluster.ts';

interface RunOptions extends Omit<ClusterOptions, 'folder'> {
  /** Of the folder for data and logs. */
  readonly name: string;
}

/** Starts a cluster for the work and ends it after; keeps data and logs of work that fails or finds violations. */
export async function withCluster<Report extends { readonly violations: readonly string[] }>(
  { name, ...options }: RunOptions,
  work: (cluster: Cluster) => Promise<Report>,
): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), `whatsapp-crm-${name}-`));
  let isClean = false;
  try {
    const cluster = await startCluster({ ...options, folder });
    try {
      options.log('everything runs');
      const report = await work(cluster);
      isClean = report.violations.length === 0;
      return report;
    } finally {
      await cluster.stop();
    }
  } finally {
    if (isClean) await rm(folder, { recursive: true, force: true });
    else options.log(`data and logs are in ${folder}`);
  }
}

/** Compiles the product and finds the servers. */
export async function prepareCluster(log: Log): Promise<Binaries> {
  await buildProject(log);
  return {
    mongod: (await findBinary('mongod', log)).path,
    temporal: (await findBinary('temporal', log)).path,
  };
}
