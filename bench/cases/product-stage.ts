import { Client, Connection } from '@temporalio/client';
import mongoose from 'mongoose';
import type { RunningServer } from '../../scripts/servers/server-process.ts';
import { createApiClient, type ApiClient } from '../load/api-client.ts';
import { createProduct, type Product, type ProductOptions } from '../stage/product.ts';
import { createStage, type Log, type Stage } from '../stage/stage.ts';

/** The product with one business and without a worker: the benchmark decides how many workers run and how. */
export interface ProductStage {
  readonly stage: Stage;
  readonly product: Product;
  readonly apiProcess: RunningServer;
  readonly api: ApiClient;
  readonly temporal: Client;
  readonly mongo: mongoose.mongo.MongoClient;
  readonly messages: mongoose.mongo.Collection;
}

export interface ProductStageOptions extends ProductOptions {
  /** The path of the client in the API. */
  readonly connections: number;
  readonly log: Log;
}

export async function withProductStage<T>(
  { connections, log, ...options }: ProductStageOptions,
  work: (stage: ProductStage) => Promise<T>,
): Promise<T> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const stage = await createStage(log);
    closers.push(stage.stop);
    const product = await createProduct(stage, options);
    await product.migrate();
    await product.start('sandbox');
    const apiProcess = await product.start('api');
    const api = createApiClient(product.apiUrl, connections);
    closers.push(api.close);
    const connection = await Connection.connect({ address: stage.temporalAddress });
    closers.push(() => connection.close());
    const mongo = await new mongoose.mongo.MongoClient(product.mongoUri).connect();
    closers.push(() => mongo.close());
    await api.signUp();
    return await work({
      stage,
      product,
      apiProcess,
      api,
      temporal: new Client({ connection, namespace: stage.namespace }),
      mongo,
      messages: mongo.db().collection('messages'),
    });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}
