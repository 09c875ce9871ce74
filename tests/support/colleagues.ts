import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Types, type mongo } from 'mongoose';
import type { TestApi } from './api.ts';
import type { CrmUser } from './crm-client.ts';
import { call } from './http.ts';
import { waitFor } from './wait.ts';

/** Another user of a client, signed in with its admin's password. */
export interface Colleague {
  readonly token: string;
  readonly userId: string;
  readonly email: string;
}

type StoredUser = mongo.Document & { _id: Types.ObjectId };
type Place = Pick<TestApi, 'url' | 'collection'>;

/** Adds a user without the invitation, which needs a mail server, and signs in. */
export async function addColleague(
  { url, collection }: Place,
  admin: CrmUser,
  role: 'admin' | 'agent' = 'agent',
): Promise<Colleague> {
  const users = collection<StoredUser>('users');
  const like = await users.findOne({ _id: new Types.ObjectId(admin.userId) });
  assert.ok(like !== null);
  const _id = new Types.ObjectId();
  const email = `${randomBytes(8).toString('hex')}@example.com`;
  await users.insertOne({ ...like, _id, email, role });
  const json = { email, password: admin.password };
  const { status, body, text } = await call(`${url}/api/auth/login`, { json });
  assert.equal(status, 200, text);
  return { token: body['accessToken'] as string, userId: _id.toHexString(), email };
}

/** Confirms the address of a user without the mail, which needs a mail server. */
export async function confirmEmailOf(
  { collection }: Pick<Place, 'collection'>,
  userId: string,
): Promise<void> {
  const _id = new Types.ObjectId(userId);
  await collection<StoredUser>('users').updateOne({ _id }, { $set: { emailConfirmedAt: new Date() } });
}

/** Grants the same right as `npm run operator`, and waits until the API sees it. */
export async function makeOperator({ url, collection }: Place, { token, userId }: CrmUser): Promise<void> {
  const _id = new Types.ObjectId(userId);
  await collection<StoredUser>('users').updateOne(
    { _id },
    { $set: { isOperator: true, emailConfirmedAt: new Date() } },
  );
  await waitFor('the grant takes effect', async () => {
    const { status } = await call(`${url}/api/clients`, { token, json: {} });
    return status === 400;
  });
}
