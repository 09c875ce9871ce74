import type { mongo } from 'mongoose';

/** Commands of one process on one collection. */
export interface CommandPath {
  readonly by: 'api' | 'worker';
  readonly command: 'insert' | 'update' | 'findAndModify' | 'find';
  readonly collection: 'messages' | 'webhook_events';
}

/** The commands that accept, claim, send and store a message, and that store and apply its receipts. */
export const commandPaths: readonly CommandPath[] = [
  { by: 'api', command: 'insert', collection: 'messages' },
  { by: 'worker', command: 'find', collection: 'messages' },
  { by: 'worker', command: 'findAndModify', collection: 'messages' },
  { by: 'worker', command: 'update', collection: 'messages' },
  { by: 'api', command: 'insert', collection: 'webhook_events' },
  { by: 'worker', command: 'find', collection: 'webhook_events' },
  { by: 'worker', command: 'update', collection: 'webhook_events' },
];

/**
 * - `connection closed`: before the command is carried out.
 * - `shutdown in progress` (91), `interrupted at shutdown` (11600): the command is refused as by a stopping server.
 * - `unconfirmed`: it is carried out, and answered with a write-concern error after which the driver retries.
 * - `timed out by the write concern`: the same with an error that the driver passes on, though the write took effect.
 * - `slow`: it is carried out a second later.
 */
const dataOf = {
  'connection closed': { closeConnection: true },
  'shutdown in progress': { errorCode: 91 },
  'interrupted at shutdown': { errorCode: 11_600 },
  slow: { blockConnection: true, blockTimeMS: 1_000 },
  unconfirmed: {
    writeConcernError: { code: 91, errmsg: 'made to fail', errorLabels: ['RetryableWriteError'] },
  },
  'timed out by the write concern': { writeConcernError: { code: 64, errmsg: 'made to fail' } },
} as const satisfies Record<string, mongo.Document>;

export type CommandFailure = keyof typeof dataOf;

const failuresOfReads = [
  'connection closed',
  'shutdown in progress',
  'interrupted at shutdown',
  'slow',
] as const;

/** A read has no write concern that could fail. */
export const failuresOf = ({ command }: CommandPath): readonly [CommandFailure, ...CommandFailure[]] =>
  command === 'find'
    ? failuresOfReads
    : [...failuresOfReads, 'unconfirmed', 'timed out by the write concern'];

/** Commands to fail, and how. */
export interface FailingCommands {
  readonly path: CommandPath;
  readonly failure: CommandFailure;
}

/** Enough that the driver's own retry fails too, and the code that retries on top of it is reached. */
const commandsThatFail = 8;

export interface FailPoint {
  readonly configureFailPoint: 'failCommand';
  readonly mode: { readonly times: number };
  readonly data: mongo.Document;
}

/** The command that switches the fault on; the server must have been started with fail points. */
export const failPoint = ({ path, failure }: FailingCommands, database: string): FailPoint => ({
  configureFailPoint: 'failCommand',
  mode: { times: commandsThatFail },
  data: {
    failCommands: [path.command],
    appName: path.by,
    namespace: `${database}.${path.collection}`,
    ...dataOf[failure],
  },
});

export const noFailPoint = { configureFailPoint: 'failCommand', mode: 'off' } as const;

export const askedFailPoint = 'failpoint.failCommand';
export const askFailPoint = { getParameter: 1, [askedFailPoint]: 1 } as const;
