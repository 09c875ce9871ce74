import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Types } from 'mongoose';
import type { ServedFile } from '../../http/files.ts';
import { createBreather } from '../../platform/breather.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Shares } from '../../platform/shares.ts';
import type { Spool } from '../../storage/spool.ts';
import type { ImportChanges } from './changes.ts';
import { reportHead, reportLineOf } from './report-lines.ts';
import type { ImportDoc } from './repository.ts';
import type { ImportRowRepository } from './stored-rows/repository.ts';

export interface ReportDeps {
  readonly changes: Pick<ImportChanges, 'require'>;
  readonly rows: Pick<ImportRowRepository, 'findAfter'>;
  readonly spool: Spool;
  /** The reports of one client at the same time. */
  readonly shares: Shares;
}

const pageSize = 500;
/** A million rows with long cells. */
const maxBytes = 2 * 1024 ** 3;
const maxBusyMs = 8;
const retryAfterSeconds = 10;

export type ImportReports = ReturnType<typeof createImportReports>;

/** The rows of an import and what became of them, as a file. */
export function createImportReports({ changes, rows, spool, shares }: ReportDeps) {
  const breather = createBreather(maxBusyMs);

  async function* linesOf(scope: ClientScope, doc: ImportDoc): AsyncGenerator<string> {
    const { _id: importId, analysis, settings, found } = doc;
    const mapping = settings.mapping ?? found?.proposed.mapping ?? [];
    yield reportHead;
    for (let n = 0; ;) {
      const page = await rows.findAfter(scope, { importId, analysis }, { n, limit: pageSize });
      const last = page.at(-1);
      if (last === undefined) return;
      yield page.map((row) => reportLineOf(row, mapping)).join('');
      n = last.n;
      await breather.breathe();
    }
  }

  /** Written to the local disk first: the answer says how long it is, and a slow client holds no cursor. */
  async function write(scope: ClientScope, id: Types.ObjectId): Promise<ServedFile> {
    const doc = await changes.require(scope, { id, version: undefined });
    const file = await spool.receive(Readable.from(linesOf(scope, doc)), { maxBytes });
    const stream = createReadStream(file.path);
    stream.once('close', () => void file.drop());
    return { stream, bytes: file.bytes, contentType: 'text/csv; charset=utf-8' };
  }

  return async (scope: ClientScope, id: Types.ObjectId): Promise<ServedFile> => {
    const giveBack = shares.take(scope.clientId.toHexString());
    if (giveBack === null)
      throw new AppError('too-many-requests', 'Another report is being written.', { retryAfterSeconds });
    try {
      return await write(scope, id);
    } finally {
      giveBack();
    }
  };
}
