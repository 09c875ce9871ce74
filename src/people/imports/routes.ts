import { userOf } from '../../http/actor.ts';
import { etagOf, refOf } from '../../http/etag.ts';
import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { newestFirst } from '../../platform/listing.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { importBounds } from './bounds.ts';
import {
  ListImportRowsQuery,
  ListImportsQuery,
  PatchImportBody,
  StartImportQuery,
  UploadImportQuery,
} from './choices.ts';
import { ImportPage, ImportRowPage, ImportView } from './schemas.ts';
import type { ImportReports } from './report.ts';
import type { ImportUploads } from './uploads.ts';
import type { ImportDoc, ImportUseCases } from './use-cases.ts';
import { toImportRowView, toImportView } from './view.ts';

export interface ImportRouteDeps {
  readonly imports: ImportUseCases;
  readonly uploads: ImportUploads;
  readonly report: ImportReports;
  readonly wake: (doc: ImportDoc) => void;
}

const tag = 'Imports';
const access = ['admin'] as const;

export const importRoutes = (deps: ImportRouteDeps) => [
  ...uploadRoutes(deps),
  ...readRoutes(deps),
  ...reportRoutes(deps),
  ...changeRoutes(deps),
  ...Object.values(commands).map((command) => commandRoute(deps, command)),
];

const replyWith = (doc: ImportDoc) => ({
  body: toImportView(doc),
  headers: { etag: etagOf(doc.version) },
});

const uploadRoutes = ({ uploads, wake }: ImportRouteDeps) => [
  route({
    method: 'post',
    path: '/api/imports',
    operationId: 'uploadImport',
    summary: 'Upload a file of contacts',
    description:
      'The body is the file itself: CSV in any encoding, or a workbook (`.xlsx`, at most 5 MiB). At most 100 MiB, a ' +
      'million rows and 200 columns. The file is analysed, which changes no contact; then the import is `ready` with a ' +
      'proposal and the counts of a dry run.',
    tag,
    access,
    query: UploadImportQuery,
    idempotent: 'by-object',
    takesFile: { maxBytes: importBounds.maxFileBytes },
    sendsETag: true,
    replies: { 202: ImportView },
    problems: ['body-too-large', 'unsupported-media-type', 'idempotency-key-reused', 'request-in-progress'],
    async handle({ actor, query, file, idempotencyKey }) {
      if (file === undefined) throw new Error('The route takes a file.');
      const upload = { by: userOf(actor), file, filename: query.filename, idempotencyKey };
      const doc = await uploads.upload(scopeOf(actor.clientId), upload);
      wake(doc);
      const { body, headers } = replyWith(doc);
      return { status: 202, body, headers: { ...headers, location: `/api/imports/${body.id}` } };
    },
  }),
];

const readRoutes = ({ imports }: ImportRouteDeps) => [
  route({
    method: 'get',
    path: '/api/imports',
    operationId: 'listImports',
    summary: 'List imports',
    description: 'Newest first.',
    tag,
    access,
    query: ListImportsQuery,
    replies: { 200: ImportPage },
    async handle({ actor, query: { limit, cursor } }) {
      const page = await imports.list(scopeOf(actor.clientId), { limit, order: newestFirst(cursor) });
      return { status: 200, body: { ...page, items: page.items.map(toImportView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/imports/:id',
    operationId: 'getImport',
    summary: 'Get an import',
    description: 'With what was found in the file, what is proposed, and the counts of its rows.',
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies: { 200: ImportView },
    problems: ['not-found'],
    async handle({ actor, params }) {
      return { status: 200, ...replyWith(await imports.get(scopeOf(actor.clientId), params.id)) };
    },
  }),
  route({
    method: 'get',
    path: '/api/imports/:id/rows',
    operationId: 'listImportRows',
    summary: 'List the rows of an import',
    description: 'In the order of the file. Cells that could not be read are shown as they are.',
    tag,
    access,
    params: idParams,
    query: ListImportRowsQuery,
    replies: { 200: ImportRowPage },
    problems: ['not-found'],
    async handle({ actor, params, query: { plan, outcome, limit, cursor } }) {
      const filter = {
        ...(plan === undefined ? {} : { 'plan.kind': plan }),
        ...(outcome === undefined ? {} : { outcome }),
      };
      const page = await imports.listRows(scopeOf(actor.clientId), params.id, { limit, cursor, ...filter });
      return { status: 200, body: { ...page, items: page.items.map(toImportRowView) } };
    },
  }),
];

const reportRoutes = ({ report }: ImportRouteDeps) => [
  route({
    method: 'get',
    path: '/api/imports/:id/report.csv',
    operationId: 'getImportReport',
    summary: 'Download the report of an import',
    description:
      'Every row with its outcome, its codes and the cells that could not be read, in UTF-8. A cell that a spreadsheet ' +
      'would take for a formula begins with an apostrophe.',
    tag,
    access,
    params: idParams,
    sendsFile: true,
    replies: { 200: null },
    problems: ['not-found'],
    async handle({ actor, params }) {
      const file = await report(scopeOf(actor.clientId), params.id);
      const name = `import-${params.id.toHexString()}.csv`;
      return { status: 200, file, headers: { 'content-disposition': `attachment; filename="${name}"` } };
    },
  }),
];

const changeRoutes = ({ imports }: ImportRouteDeps) => [
  route({
    method: 'patch',
    path: '/api/imports/:id',
    operationId: 'updateImport',
    summary: 'Change how a file is imported',
    description:
      'Takes the choices and analyses the file again. `mapping` is replaced as a whole, null takes the proposal again; of ' +
      '`options` only the given ones change.',
    tag,
    access,
    params: idParams,
    body: PatchImportBody,
    sendsETag: true,
    replies: { 200: ImportView },
    problems: ['not-found', 'wrong-state', 'precondition-failed'],
    async handle({ actor, params, body: { mapping, options = {} }, request }) {
      const patch = { ...options, ...(mapping === undefined ? {} : { mapping }) };
      const ref = refOf(params.id, request);
      return {
        status: 200,
        ...replyWith(await imports.change(scopeOf(actor.clientId), userOf(actor), ref, patch)),
      };
    },
  }),
  route({
    method: 'post',
    path: '/api/imports/:id/start',
    operationId: 'startImport',
    summary: 'Start an import',
    description:
      'Writes the contacts as the dry run has planned; a row whose contact has changed since is planned again. At most two ' +
      'run at the same time. 409 `already-exists` names the import of the same file.',
    tag,
    access,
    params: idParams,
    query: StartImportQuery,
    sendsETag: true,
    replies: { 200: ImportView },
    problems: ['not-found', 'wrong-state', 'already-exists', 'too-many-imports', 'precondition-failed'],
    async handle({ actor, params, query, request }) {
      const isForced = query.force === 'true';
      const ref = refOf(params.id, request);
      const doc = await imports.start(scopeOf(actor.clientId), userOf(actor), ref, { isForced });
      return { status: 200, ...replyWith(doc) };
    },
  }),
];

interface Command {
  readonly name: 'pause' | 'resume' | 'cancel' | 'undo';
  readonly summary: string;
  readonly description: string;
}

const commands: readonly Command[] = [
  {
    name: 'pause',
    summary: 'Pause an import',
    description:
      'The rows under way are finished. It keeps its place in the file, and none among those that run.',
  },
  {
    name: 'resume',
    summary: 'Resume a paused import',
    description: 'It goes on with the rows that are left.',
  },
  {
    name: 'cancel',
    summary: 'Cancel an import',
    description:
      'Contacts that are written stay; the other rows become `canceled`. To take them back, undo it.',
  },
  {
    name: 'undo',
    summary: 'Undo an import',
    description:
      'Within seven days of its end. Deletes the contacts that it has created and nobody has touched since, and gives the ' +
      'others their values back, unless they have changed since. An opt-out stays.',
  },
];

const commandRoute = ({ imports }: ImportRouteDeps, { name, summary, description }: Command) =>
  route({
    method: 'post',
    path: `/api/imports/:id/${name}`,
    operationId: `${name}Import`,
    summary,
    description,
    tag,
    access,
    params: idParams,
    sendsETag: true,
    replies: { 200: ImportView },
    problems: [
      ...(['not-found', 'wrong-state', 'precondition-failed'] as const),
      ...(name === 'resume' ? (['too-many-imports'] as const) : []),
    ],
    async handle({ actor, params, request }) {
      const doc = await imports[name](scopeOf(actor.clientId), userOf(actor), refOf(params.id, request));
      return { status: 200, ...replyWith(doc) };
    },
  });
