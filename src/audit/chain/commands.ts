import { Types } from 'mongoose';
import { exitCodes, formatRow, type Print } from '../../platform/command-line.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { AuditErasure } from './erasure.ts';
import type { ChainEnd } from './links.ts';
import type { AuditChainRepository } from './repository.ts';
import type { ChainVerifier, Verification } from './verify.ts';

export interface AuditCommandDeps {
  readonly chains: Pick<AuditChainRepository, 'listClientsAcrossClients'>;
  readonly verifier: ChainVerifier;
  readonly erasure: AuditErasure;
  readonly print: Print;
}

export type AuditCommand =
  /** Null means all clients. */
  | { readonly action: 'verify'; readonly clientId: Types.ObjectId | null }
  | { readonly action: 'compare'; readonly clientId: Types.ObjectId; readonly anchor: ChainEnd }
  | { readonly action: 'erase'; readonly clientId: Types.ObjectId; readonly objectId: Types.ObjectId };

export const usage = `Verifies the chains of audit events, and erases what they say of an object.

  npm run audit-chain -- verify <client>                compares all events of a client with their seals and anchors
  npm run audit-chain -- verify all                     the same for all clients
  npm run audit-chain -- compare <client> <seq> <hash>  compares an anchor of the log with the chain
  npm run audit-chain -- erase <client> <object>        erases the recorded values of an object, such as a deleted contact
`;

const pageOfClients = 200;

const idOf = (text: string | undefined): Types.ObjectId | null =>
  text !== undefined && /^[0-9a-f]{24}$/.test(text) ? Types.ObjectId.createFromHexString(text) : null;

/** The parsed command, or null if the arguments are not valid. */
export function readCommand([action, client, ...rest]: readonly string[]): AuditCommand | null {
  const clientId = idOf(client);
  const [first, second] = rest;
  if (action === 'verify' && rest.length === 0) {
    return clientId !== null || client === 'all' ? { action, clientId } : null;
  }
  if (clientId === null) return null;
  if (action === 'erase' && rest.length === 1) {
    const objectId = idOf(first);
    return objectId === null ? null : { action, clientId, objectId };
  }
  if (action !== 'compare' || rest.length !== 2) return null;
  if (first === undefined || second === undefined) return null;
  if (!/^[1-9]\d{0,14}$/.test(first) || !/^[0-9a-f]{64}$/.test(second)) return null;
  return { action, clientId, anchor: { seq: Number(first), hash: second } };
}

/** Runs the command and returns its exit code. */
export async function runCommand(command: AuditCommand, deps: AuditCommandDeps): Promise<number> {
  const { verifier, erasure, print } = deps;
  switch (command.action) {
    case 'verify':
      return verifyChains(deps, command.clientId);
    case 'compare': {
      const isSame = await verifier.hasHash(scopeOf(command.clientId), command.anchor);
      print(isSame ? 'The chain has this hash.' : 'The chain does NOT have this hash at this number.');
      return isSame ? exitCodes.done : exitCodes.failed;
    }
    case 'erase': {
      const { clientId, objectId } = command;
      const erased = await erasure.erase(scopeOf(clientId), { type: 'system' }, objectId);
      print(`Events whose values were erased: ${erased}`);
      return exitCodes.done;
    }
  }
}

async function verifyChains(deps: AuditCommandDeps, clientId: Types.ObjectId | null): Promise<number> {
  deps.print(formatRow(['client', 'events', 'erased', 'anchors', 'of other keys', 'result']));
  if (clientId !== null) return (await verifyChain(deps, clientId)) ? exitCodes.done : exitCodes.failed;
  let areWhole = true;
  let after: Types.ObjectId | null = null;
  for (;;) {
    const clientIds: readonly Types.ObjectId[] = await deps.chains.listClientsAcrossClients(
      after,
      pageOfClients,
    );
    for (const id of clientIds) areWhole = (await verifyChain(deps, id)) && areWhole;
    after = clientIds.at(-1) ?? null;
    if (clientIds.length < pageOfClients) return areWhole ? exitCodes.done : exitCodes.failed;
  }
}

/** Whether the chain of a client is whole. */
async function verifyChain(
  { verifier, print }: AuditCommandDeps,
  clientId: Types.ObjectId,
): Promise<boolean> {
  const total = { checked: 0, erased: 0, anchorsChecked: 0, anchorsOfOtherKeys: 0 };
  let after: number | null = 0;
  let part: Verification;
  do {
    part = await verifier.verify(scopeOf(clientId), after);
    total.checked += part.checked;
    total.erased += part.erased;
    total.anchorsChecked += part.anchorsChecked;
    total.anchorsOfOtherKeys += part.anchorsOfOtherKeys;
    after = part.nextAfter;
  } while (after !== null);
  const { firstBreak } = part;
  const result = firstBreak === null ? 'whole' : `BROKEN at ${firstBreak.seq}: ${firstBreak.reason}`;
  print(formatRow([clientId.toHexString(), ...Object.values(total).map(String), result]));
  return firstBreak === null;
}
