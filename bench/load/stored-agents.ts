import { createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import mongoose from 'mongoose';

const { ObjectId } = mongoose.Types;
const hourMs = 60 * 60 * 1_000;

/** Stores agents of a business who are signed in; returns the Authorization header of each. */
export async function storeAgents(
  db: mongoose.mongo.Db,
  clientId: mongoose.Types.ObjectId,
  { count, tokenSecret }: { readonly count: number; readonly tokenSecret: string },
): Promise<readonly string[]> {
  const now = new Date();
  const key = createSecretKey(Buffer.from(tokenSecret));
  const agents = Array.from({ length: count }, (_, index) => ({
    _id: new ObjectId(),
    ...{ clientId, name: `Agent ${index}`, nameKey: `agent ${index}`, email: `agent-${index}@example.com` },
    ...{ role: 'agent', status: 'active', isOperator: false, createdAt: now, version: 1 },
  }));
  const sessions = agents.map(({ _id: userId }) => ({
    _id: new ObjectId(),
    ...{ clientId, userId, userAgent: 'bench', createdAt: now },
    expiresAt: new Date(now.getTime() + hourMs),
  }));
  await db.collection('users').insertMany(agents);
  await db.collection('sessions').insertMany(sessions);
  const seconds = Math.floor(now.getTime() / 1_000);
  return sessions.map(({ _id, userId }) => {
    const claims = {
      ...{ sub: userId.toHexString(), cid: clientId.toHexString(), sid: _id.toHexString() },
      ...{ iat: seconds, exp: seconds + 900, iss: 'whatsapp-crm', aud: 'whatsapp-crm-api' },
    };
    return `Bearer ${jwt.sign(claims, key, { algorithm: 'HS256', header: { alg: 'HS256', typ: 'at+jwt' } })}`;
  });
}
