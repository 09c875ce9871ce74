import { Connection } from '@temporalio/client';
import mongoose from 'mongoose';

/** Checks the servers that the environment names before anything starts; nothing is changed on them. */
export async function checkExternalMongo(uri: string): Promise<void> {
  const client = new mongoose.mongo.MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  try {
    await client.db('admin').command({ ping: 1 });
  } catch (error) {
    throw new Error(
      `MONGODB_URI is set, but no MongoDB answers there (${messageOf(error)}).\n` +
        'Start that server, or remove MONGODB_URI from the environment and .env: npm start then runs its own.',
      { cause: error },
    );
  } finally {
    await client.close();
  }
}

export async function checkExternalTemporal(address: string, namespace: string): Promise<void> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: '5s' });
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    throw new Error(
      `TEMPORAL_ADDRESS is set (${address}), but its namespace ${namespace} cannot be used (${messageOf(error)}).\n` +
        `Create it there (temporal operator namespace create --retention 168h ${namespace}; docs/temporal.md lists the\n` +
        'search attributes), or remove TEMPORAL_ADDRESS from the environment and .env: npm start then runs its own.',
      { cause: error },
    );
  } finally {
    await connection?.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
