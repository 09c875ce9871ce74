import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { askedFailPoint, askFailPoint, noFailPoint, type FailPoint } from '../faults/fail-command.ts';
import { startTcpProxy, type TcpProxy } from '../faults/tcp-proxy.ts';
import { startMember } from '../../scripts/servers/mongod.ts';
import type { Service } from '../../scripts/stack/supervise.ts';
import { waitFor } from '../shared/wait.ts';
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
  /** Makes another member the primary. */
  stepDown(): Promise<void>;
  /** Switches a fail point of the primary on until it is used up or the time is over; returns how often it was met. */
  failCommands(failPoint: FailPoint, withinMs: number): Promise<number>;
  closeProxies(): Promise<void>;
}

const memberCount = 3;
const electionTimeoutMs = 60_000;
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
    return waitFor(
      async () => {
        const states = await Promise.all(members.map((member) => isPrimary(member.port)));
        return members[states.indexOf(true)] ?? null;
      },
      { error: 'the replica set has no primary', timeoutMs: electionTimeoutMs, pollMs: 50 },
    );
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

/** Without a request a new set waits ten seconds before its first election; it refuses the request for a moment. */
async function becomePrimary(port: number): Promise<void> {
  await waitFor(
    async () => {
      if (await isPrimary(port)) return true;
      await onMember(port, { replSetStepUp: 1 }).catch(() => undefined);
      return null;
    },
    { error: 'the replica set elects no primary', timeoutMs: electionTimeoutMs, pollMs: 200 },
  );
}

/** Bypasses the proxy, so that it works during any fault. */
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
