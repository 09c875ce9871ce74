import { route } from '../../http/route.ts';
import { idParams } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { FileReading } from './reading.ts';

interface MediaRouteDeps {
  readonly reading: FileReading;
}

export const mediaRoutes = ({ reading }: MediaRouteDeps) => [
  route({
    method: 'get',
    path: '/api/media/:id',
    operationId: 'getMediaFile',
    summary: 'Download a file',
    description:
      'The id is `content.media.fileId` of a message. While the file is on its way, the answer is 409 with its state. The ' +
      'type is the one that the content has, and `application/octet-stream` if it is not the declared one.',
    tag: 'Media',
    access: ['admin', 'agent'],
    params: idParams,
    sendsFile: true,
    replies: { 200: null, 206: null, 304: null },
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
    replies: { 200: null, 206: null, 304: null },
    problems: ['not-found', 'wrong-state'],
    handle: ({ actor, params, request }) =>
      reading.read(scopeOf(actor.clientId), { id: params.id, variant: 'thumbnail' }, request),
  }),
];
