import { randomBytes } from 'node:crypto';
import mongoose, { type mongo } from 'mongoose';
import { signIn, signUp, type Account } from '../shared/account.ts';
import { inParallel } from '../shared/in-parallel.ts';
import type { AssignmentTerms, ServiceTerms } from './facts.ts';

/** A client with its users and rules. */
export interface Business {
  readonly clientId: mongo.ObjectId;
  readonly phoneNumberId: string;
  readonly admin: Account;
  /** Sees what agents see, and never works. */
  readonly watcher: Account;
  readonly agents: readonly Account[];
}

export const assignmentTerms: AssignmentTerms = {
  capacity: 8,
  fairLimit: { count: 60, perSeconds: 60 },
};
/** The shortest that the API takes. */
export const serviceTerms: ServiceTerms = {
  ...{ firstResponseSeconds: 60, nextResponseSeconds: 60, resolutionSeconds: 120, warnAt: 0.8 },
};

const policy = {
  ...{ name: 'Everybody', priority: 10, method: 'least-loaded', ...assignmentTerms },
  ...{ returnAfterSeconds: 60, offlineGraceSeconds: 10, isSticky: true },
};
const signInsAtOnce = 2;

interface Place {
  readonly apiUrls: readonly string[];
  readonly database: mongo.Db;
}

export async function openBusiness({ apiUrls, database }: Place, agentCount: number): Promise<Business> {
  const { credentials } = await signUp(apiUrls[0] ?? '', 'storm');
  const admin = await signIn(apiUrls, credentials);
  await create(admin, '/api/assignment-policies', policy);
  await create(admin, '/api/sla-policies', { name: 'Storm', priority: 10, ...serviceTerms });
  const channels = await admin.read<{ items: { phoneNumberId: string }[] }>('/api/channels');
  const users = database.collection('users');
  const like = await users.findOne({ email: credentials.email });
  if (like === null) throw new Error('the admin of the storm is not stored');
  const emails = Array.from(
    { length: agentCount + 1 },
    () => `${randomBytes(8).toString('hex')}@example.com`,
  );
  // Without invitations, which need a mail server; they have the password of the admin.
  await users.insertMany(
    emails.map((email) => ({ ...like, _id: new mongoose.mongo.ObjectId(), email, role: 'agent' })),
  );
  const accounts: Account[] = [];
  await inParallel(emails.entries(), signInsAtOnce, async ([index, email]) => {
    // Half of them begin at the other API.
    const inTurn = index % 2 === 0 ? apiUrls : apiUrls.toReversed();
    accounts[index] = await signIn(inTurn, { ...credentials, email });
  });
  const [watcher, ...agents] = accounts;
  if (watcher === undefined) throw new Error('nobody watches the storm');
  const phoneNumberId = channels.items[0]?.phoneNumberId ?? '';
  return { clientId: like['clientId'] as mongo.ObjectId, phoneNumberId, admin, watcher, agents };
}

async function create(account: Account, path: string, body: object): Promise<void> {
  const answer = await account.request(path, { body });
  if (answer.status !== 201) throw new Error(`${path} answers ${JSON.stringify(answer)}`);
}
