import { userOrOperatorOf } from '../../http/actor.ts';
import { route } from '../../http/route.ts';
import type { Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import { idParams } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { maxFileBytes } from './kinds.ts';
import type { FileLinks } from './links.ts';
import type { FileReading } from './reading.ts';
import { LinkParams, MediaFileView, MediaLinkView, UploadQuery } from './schemas.ts';
import type { Uploads } from './uploads.ts';
import { toMediaFileView } from './view.ts';

export interface MediaRouteDeps {
  readonly reading: FileReading;
  readonly uploads: Uploads;
  readonly links: FileLinks;
  readonly clock: Clock;
  /** The address of the API, without a trailing slash. */
  readonly publicUrl: string;
}

export const mediaRoutes = (deps: MediaRouteDeps) => [
  ...readRoutes(deps),
  ...linkRoutes(deps),
  ...writeRoutes(deps),
];

const fileReplies = { 200: null, 206: null, 304: null } as const;

const readRoutes = ({ reading }: MediaRouteDeps) => [
  route({
    method: 'get',
    path: '/api/media/:id',
    operationId: 'getMediaFile',
    summary: 'Download a file',
    description:
      'The id is `content.fileId` of a message. While the file is on its way, the answer is 409 with its state. The ' +
      'type is the one that the content has, and `application/octet-stream` if it is not the declared one.',
    tag: 'Media',
    access: ['admin', 'agent'],
    params: idParams,
    sendsFile: true,
    replies: fileReplies,
    problems: ['not-found', 'wrong-state'],
    handle: ({ actor, params, request }) =>
      reading.read(scopeOf(actor.clientId), { id: params.id, variant: 'file' }, request),
  }),
  route({
    method: 'get',
    path: '/api/media/:id/thumbnail',
    operationId: 'getMediaThumbnail',
    summary: 'Download the thumbnail of a picture',
    description: 'A WebP of at most 320 × 320 pixels. Files that are no pictures have none.',
    tag: 'Media',
    access: ['admin', 'agent'],
    params: idParams,
    sendsFile: true,
    replies: fileReplies,
    problems: ['not-found', 'wrong-state'],
    handle: ({ actor, params, request }) =>
      reading.read(scopeOf(actor.clientId), { id: params.id, variant: 'thumbnail' }, request),
  }),
];

const linkRoutes = ({ reading, links, clock, publicUrl }: MediaRouteDeps) => [
  route({
    method: 'get',
    path: '/api/media/:id/link',
    operationId: 'getMediaLink',
    summary: 'Get a link that opens a file for five minutes',
    description:
      'For `<img>`, `<audio>` and `<video>`, which cannot send an access token. Whoever has the link can open the file.',
    tag: 'Media',
    access: ['admin', 'agent'],
    params: idParams,
    replies: { 200: MediaLinkView },
    problems: ['not-found', 'wrong-state'],
    async handle({ actor, params }) {
      const { hasThumbnail } = await reading.describe(scopeOf(actor.clientId), params.id);
      const { clientId } = actor;
      const expiresAt = links.expiresAt();
      const urlOf = (variant: 'file' | 'thumbnail'): string => {
        const token = links.tokenOf({ clientId, fileId: params.id, variant }, expiresAt);
        return `${publicUrl}/api/media-links/${token}`;
      };
      return {
        status: 200,
        body: {
          url: urlOf('file'),
          thumbnailUrl: hasThumbnail ? urlOf('thumbnail') : null,
          expiresAt: expiresAt.toISOString(),
          createdAt: clock.now().toISOString(),
        },
      };
    },
  }),
  route({
    method: 'get',
    path: '/api/media-links/:token',
    operationId: 'openMediaLink',
    summary: 'Open a file by its link',
    description: 'A link that is damaged or older than five minutes is 404.',
    tag: 'Media',
    access: 'public',
    isUnlimited: true,
    params: LinkParams,
    sendsFile: true,
    replies: fileReplies,
    problems: ['not-found', 'wrong-state'],
    async handle({ params, request }) {
      const link = links.read(params.token);
      if (link === null) throw notFound('link, or it has expired');
      return reading.read(scopeOf(link.clientId), { id: link.fileId, variant: link.variant }, request);
    },
  }),
];

const writeRoutes = ({ uploads }: MediaRouteDeps) => [
  route({
    method: 'post',
    path: '/api/media',
    operationId: 'uploadMediaFile',
    summary: 'Upload a file to send it',
    description:
      'The body is the file itself, at most 100 MiB. Its content decides what it is, not its name: JPEG and PNG up to 5 ' +
      'MiB, audio and video up to 16 MiB, WebP stickers up to 500 KiB, documents up to 100 MiB. Send it with its `id` as ' +
      '`mediaId`, as often as you like.',
    tag: 'Media',
    access: ['admin', 'agent'],
    query: UploadQuery,
    idempotent: 'by-object',
    takesFile: { maxBytes: maxFileBytes },
    replies: { 201: MediaFileView },
    problems: ['body-too-large', 'unsupported-media-type', 'idempotency-key-reused', 'request-in-progress'],
    async handle({ actor, query, file, idempotencyKey }) {
      if (file === undefined) throw new Error('The route takes a file.');
      const upload = { by: userOrOperatorOf(actor), file, filename: query.filename, idempotencyKey };
      const view = toMediaFileView(await uploads.upload(scopeOf(actor.clientId), upload));
      return { status: 201, body: view, headers: { location: `/api/media/${view.id}` } };
    },
  }),
  route({
    method: 'delete',
    path: '/api/media/:id',
    operationId: 'deleteMediaFile',
    summary: 'Erase a file',
    description:
      'The file, its thumbnail and its name go for good; the message that brought it stays. A message that is to send it fails.',
    tag: 'Media',
    access: ['admin'],
    params: idParams,
    replies: { 204: null },
    problems: ['not-found'],
    async handle({ actor, params }) {
      await uploads.erase(scopeOf(actor.clientId), userOrOperatorOf(actor), params.id);
      return { status: 204 };
    },
  }),
];
