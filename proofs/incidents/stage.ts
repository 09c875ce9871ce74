import { Client, Connection } from '@temporalio/client';
import mongoose, { type mongo } from 'mongoose';
import { workflowIdOf } from '../../src/sending/messages/contract.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { type Account, signUp } from '../shared/account.ts';
import { changeBehaviour } from '../shared/sandbox.ts';
import { signatureOf } from '../shared/signature.ts';

export interface Business {
  readonly clientId: string;
  readonly phoneNumberId: string;
  readonly account: Account;
}

/** What incidents are made with. */
export interface Stage {
  readonly cluster: Cluster;
  readonly database: mongo.Db;
  /** Of the database server, as its administrator. */
  command(command: mongo.Document): Promise<void>;
  /** A new client; each send goes to another number that ends with these digits. */
  openBusiness(name: string): Promise<Business>;
  send(business: Business, digits: string): Promise<string>;
  /** Settings of the provider. */
  behave(behaviour: object): Promise<void>;
  /** A webhook that Meta could have signed. */
  postSigned(body: string): Promise<void>;
  terminateRunOf(messageId: string): Promise<void>;
  /** Sends a message every so often, whether it is accepted or not; returns what stops it. */
  keepSending(business: Business, everyMs: number): () => void;
  close(): Promise<void>;
}

export async function openStage(cluster: Cluster): Promise<Stage> {
  const { apiUrl, appSecret, sandboxUrl, mongodbUri, temporalAddress: address, namespace } = cluster;
  const mongo = new mongoose.mongo.MongoClient(mongodbUri);
  const connection = Connection.lazy({ address });
  const temporal = new Client({ connection, namespace });
  const database = mongo.db();
  let sent = 0;
  const stage: Stage = {
    cluster,
    database,
    command: async (command) => void (await mongo.db('admin').command(command)),
    async openBusiness(name) {
      const account = await signUp(apiUrl, `incident-${name}`);
      const { items } = await account.read<{ items: { phoneNumberId: string }[] }>('/api/channels');
      const [channel] = items;
      const stored = await database
        .collection<{ clientId: mongo.ObjectId }>('channels')
        .findOne({ phoneNumberId: channel?.phoneNumberId });
      if (channel === undefined || stored === null) throw new Error('a new client has no channel');
      return { account, clientId: stored.clientId.toHexString(), phoneNumberId: channel.phoneNumberId };
    },
    async send({ account }, digits) {
      sent += 1;
      const to = `+49151${String(sent).padStart(6, '0')}${digits}`;
      const { answer } = await account.sendTemplate(to, `incident-${sent}`);
      if (answer.status !== 201) throw new Error(`a message was refused: ${JSON.stringify(answer)}`);
      return (answer.body as { id: string }).id;
    },
    behave: (behaviour) => changeBehaviour(sandboxUrl, behaviour),
    async postSigned(body) {
      const response = await fetch(`${apiUrl}/webhook/incoming`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(body, appSecret) },
        body,
      });
      if (response.status !== 200) throw new Error(`the webhook was answered with ${response.status}`);
    },
    terminateRunOf: async (messageId) => {
      await temporal.workflow.getHandle(workflowIdOf(messageId)).terminate('an incident');
    },
    keepSending(business, everyMs) {
      const timer = setInterval(() => void stage.send(business, '77').catch(() => undefined), everyMs);
      return () => clearInterval(timer);
    },
    async close() {
      await Promise.all([mongo.close(), connection.close()]);
    },
  };
  return stage;
}
