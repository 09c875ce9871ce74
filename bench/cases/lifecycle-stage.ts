import { Client, Connection } from '@temporalio/client';
import mongoose from 'mongoose';
import { createApiClient, type ApiClient } from '../load/api-client.ts';
import { createProduct, type Product } from '../stage/product.ts';
import { createStage, type Log, type Stage } from '../stage/stage.ts';
import { startBaseline, type Baseline } from './baseline.ts';

/** All that a benchmark of whole message lives needs, running. */
export interface LifecycleStage {
  readonly stage: Stage;
  readonly product: Product;
  readonly pids: { readonly api: number; readonly worker: number };
  readonly baseline: Baseline;
  readonly api: ApiClient;
  readonly temporal: Client;
  readonly mongo: mongoose.mongo.MongoClient;
  readonly messages: mongoose.mongo.Collection;
}

export interface LifecycleStageOptions {
  readonly inFlight: number;
  readonly profileDir: string | null;
  readonly log: Log;
}

/** The sandbox's own delays after the call: `delivered` and `read`. `sent` changes nothing and wakes nobody. */
export const receiptDelaysMs = [150, 400] as const;

export async function withLifecycleStage<T>(
  { inFlight, profileDir, log }: LifecycleStageOptions,
  work: (stage: LifecycleStage) => Promise<T>,
): Promise<T> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const stage = await createStage(log);
    closers.push(stage.stop);
    const product = await createProduct(stage, { profileDir });
    await product.migrate();
    await product.start('sandbox');
    const [apiProcess, workerProcess] = [await product.start('api'), await product.start('worker')];
    const baseline = await startBaseline(stage);
    const api = createApiClient(product.apiUrl, inFlight);
    closers.push(api.close);
    const connection = await Connection.connect({ address: stage.temporalAddress });
    closers.push(() => connection.close());
    const mongo = await new mongoose.mongo.MongoClient(product.mongoUri).connect();
    closers.push(() => mongo.close());
    await api.signUp();
    return await work({
      stage,
      product,
      pids: { api: apiProcess.pid, worker: workerProcess.pid },
      baseline,
      api,
      temporal: new Client({ connection, namespace: stage.namespace }),
      mongo,
      messages: mongo.db().collection('messages'),
    });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}
