import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { askedFailPoint, askFailPoint, noFailPoint, type FailPoint } from '../faults/fail-command.ts';
import { startTcpProxy, type TcpProxy } from '../faults/tcp-proxy.ts';
import { startMember } from '../../scripts/servers/mongod.ts';
import type { Service } from '../../scripts/stack/supervise.ts';
import { stablePort } from './stable-port.ts';

export interface Member {
  readonly name: string;
  readonly service: Service;
  /** Every connection to the member goes through it, those of the other members too. */
  readonly proxy: TcpProxy;
}

/** Three mongods that elect their primary, each behind a proxy that can fail. */
export interface ReplicaSet {
  readonly members: readonly Member[];
  /** `host:port,…` as clients and members know them. */
  readonly hosts: string;
  /** Makes the started members one set; resolves when it has a primary. */
  initiate(): Promise<void>;
  /** Waits until there is one. */
  findPrimary(): Promise<Member>;
  /** The primary gives its place to another; resolves when it has. */
  stepDown(): Promise<void>;
  /** Switches a fail point of the primary on until it is used up or the time is over; answers how often it was met. */
  failCommands(failPoint: FailPoint, withinMs: number): Promise<number>;
  closeProxies(): Promise<void>;
}

const memberCount = 3;
const electionWithinMs = 60_000;
const stepDownSeconds = 10;

interface ReplicaSetOptions {
  readonly binary: string;
  readonly folder: string;
}

export async function planReplicaSet({ binary, folder }: ReplicaSetOptions): Promise<ReplicaSet> {
  const members: (Member & { readonly port: number })[] = [];
  for (let number = 1; number <= memberCount; number += 1) {
    const name = `mongod-${number}`;
    const port = await stablePort();
    const proxy = await startTcpProxy(await stablePort(), () => port);
    const options = {
      binary,
      port,
      dataDir: join(folder, name),
      logFile: join(folder, 'logs', `${name}.log`),
      hasFailPoints: true,
    };
    const service: Service = { name, start: (onSpawn) => startMember({ ...options, onSpawn }) };
    members.push({ name, port, proxy, service });
  }

  async function findPrimary(): Promise<Member & { readonly port: number }> {
    const deadline = Date.now() + electionWithinMs;
    for (;;) {
      const states = await Promise.all(members.map((member) => isPrimary(member.port)));
      const primary = members[states.indexOf(true)];
      if (primary !== undefined) return primary;
      if (Date.now() > deadline) throw new Error('the replica set has no primary');
      await sleep(50);
    }
  }

  return {
    members,
    hosts: members.map(({ proxy }) => `127.0.0.1:${proxy.port}`).join(),
    findPrimary,
    async initiate() {
      const config = {
        _id: 'rs0',
        members: members.map(({ proxy }, _id) => ({ _id, host: `127.0.0.1:${proxy.port}` })),
      };
      const port = members[0]?.port ?? 0;
      await onMember(port, { replSetInitiate: config });
      await becomePrimary(port);
    },
    async stepDown() {
      const { port } = await findPrimary();
      await onMember(port, { replSetStepDown: stepDownSeconds, secondaryCatchUpPeriodSecs: 5 });
    },
    async failCommands(failPoint, withinMs) {
      const { port } = await findPrimary();
      const deadline = Date.now() + withinMs;
      // The server counts over its whole life.
      const { count: before } = await onMember(port, failPoint);
      const countNow = async () => (await onMember(port, askFailPoint))[askedFailPoint].timesEntered - before;
      while (Date.now() < deadline && (await countNow()) < failPoint.mode.times) await sleep(100);
      const { count } = await onMember(port, noFailPoint);
      return count - before;
    },
    async closeProxies() {
      await Promise.all(members.map(({ proxy }) => proxy.close()));
    },
  };
}

/** A new set waits ten seconds for its first election unless it is asked for one, and refuses that for a moment. */
async function becomePrimary(port: number): Promise<void> {
  const deadline = Date.now() + electionWithinMs;
  while (!(await isPrimary(port))) {
    if (Date.now() > deadline) throw new Error('the replica set elects no primary');
    await onMember(port, { replSetStepUp: 1 }).catch(() => undefined);
    await sleep(200);
  }
}

/** Past the proxy, so that it is answered whatever fault there is. */
async function onMember(port: number, command: mongoose.mongo.Document): Promise<mongoose.mongo.Document> {
  const client = new mongoose.mongo.MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
    socketTimeoutMS: 10_000,
    maxPoolSize: 1,
  });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}

const isPrimary = (port: number): Promise<boolean> =>
  onMember(port, { hello: 1 }).then(
    (hello) => hello['isWritablePrimary'] === true,
    () => false,
  );
