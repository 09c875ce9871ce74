import { timingSafeEqual } from 'node:crypto';
import { isVerified, type ChannelDoc } from '../channels/directory.ts';
import type { RawReply, RawRequest, RawRoute } from '../http/raw-route.ts';
import { AppError } from '../platform/errors.ts';
import { sha256Hex } from '../platform/ids.ts';
import type { Secret } from '../platform/secret.ts';
import type { Door } from './door.ts';
import type { Intake } from './intake.ts';
import type { Addressee } from './source.ts';

export interface WebhookRouteDeps {
  readonly intake: Intake;
  readonly door: Door;
  readonly verifyToken: Secret;
}

/** Meta sends bodies of up to 3 MB. */
const maxBytes = 4 * 1024 * 1024;
const keyedPath = '/webhook/incoming/:channelKey';

/** Verifies and stores events of the provider; the worker processes them. */
export function webhookRoutes({ intake, door, verifyToken }: WebhookRouteDeps): readonly RawRoute[] {
  const handleHandshake = async ({ query }: RawRequest) => answerHandshake(query, verifyToken);

  /** The only way of a verified body into the intake. */
  async function store(rawBody: Buffer, channel?: ChannelDoc): Promise<RawReply> {
    await intake.store(textOf(rawBody), channel && addresseeOf(channel));
    return { status: 200, body: 'OK' };
  }

  return [
    {
      ...handshakeDescription,
      path: '/webhook/incoming',
      operationId: 'confirmWebhook',
      handle: handleHandshake,
    },
    {
      ...handshakeDescription,
      path: keyedPath,
      operationId: 'confirmChannelWebhook',
      documentation: {
        ...handshakeDescription.documentation,
        parameters: [...handshakeParameters, keyParameter],
      },
      handle: handleHandshake,
    },
    {
      ...eventDescription,
      path: '/webhook/incoming',
      operationId: 'receiveEvents',
      summary: 'Receive events signed by Meta',
      admit: door.admitSigned,
      async handle(request) {
        door.assertSigned(request);
        return store(request.rawBody);
      },
    },
    {
      ...eventDescription,
      path: keyedPath,
      operationId: 'receiveChannelEvents',
      summary: 'Receive events on the secret address of a channel',
      description:
        'For relays that do not sign as Meta does: the secret part of the address is the proof. If the channel has an ' +
        'app secret, the signature is required as well. The events must belong to this channel. An unverified channel ' +
        'gets bodies of at most 256 KiB, and fewer of them in a day.',
      documentation: {
        ...eventDescription.documentation,
        parameters: [keyParameter],
        problems: [...eventDescription.documentation.problems, 'channel-unverified', 'too-many-requests'],
      },
      admit: door.admitKeyed,
      handle: async (request) => store(request.rawBody, await door.requireSender(request)),
    },
  ];
}

const addresseeOf = (channel: ChannelDoc): Addressee => ({
  channelId: channel._id,
  clientId: channel.clientId,
  isVerified: isVerified(channel),
});

/** JSON must be UTF-8: invalid bytes become replacement characters, and the event a dead letter. */
const textOf = (rawBody: Buffer): string => rawBody.toString('utf8');

function answerHandshake(query: URLSearchParams, verifyToken: Secret) {
  const given = Buffer.from(sha256Hex(query.get('hub.verify_token') ?? ''));
  const isKnown = timingSafeEqual(given, Buffer.from(sha256Hex(verifyToken.reveal())));
  const challenge = query.get('hub.challenge');
  if (query.get('hub.mode') !== 'subscribe' || !isKnown || challenge === null) {
    throw new AppError(
      'verify-token-mismatch',
      'The mode, verify token or challenge of the handshake is not valid.',
    );
  }
  return { status: 200, body: challenge, contentType: 'text/plain; charset=utf-8' };
}

const tag = 'Webhook';

const keyParameter = {
  name: 'channelKey',
  in: 'path',
  required: true,
  description: 'The secret part of the webhook address of the channel',
} as const;

const handshakeParameters = [
  { name: 'hub.mode', in: 'query', required: true, description: '`subscribe`' },
  { name: 'hub.verify_token', in: 'query', required: true, description: 'WEBHOOK_VERIFY_TOKEN' },
  { name: 'hub.challenge', in: 'query', required: true, description: 'Returned unchanged' },
] as const;

const eventExample = {
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '102290129340398',
      changes: [
        {
          field: 'messages',
          value: {
            messaging_product: 'whatsapp',
            metadata: { display_phone_number: '15550001000', phone_number_id: '106540352242922' },
            statuses: [
              {
                id: 'wamid.HBgLMTU1NTAwMDEwMDEVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA',
                status: 'delivered',
                timestamp: '1795424400',
                recipient_id: '15550001001',
              },
            ],
          },
        },
      ],
    },
  ],
} as const;

const handshakeDescription = {
  method: 'get',
  tag,
  summary: 'Answer the handshake of Meta',
  description: 'Meta calls it once when the webhook address is entered in its settings.',
  maxBytes: 0,
  documentation: {
    parameters: handshakeParameters,
    replies: { 200: { description: 'The challenge', contentType: 'text/plain', example: '1158201444' } },
    problems: ['verify-token-mismatch'],
  },
} as const;

const eventDescription = {
  method: 'post',
  tag,
  description:
    'The signature covers the raw bytes. The events are stored durably before 200 and processed later.',
  maxBytes,
  documentation: {
    parameters: [
      {
        name: 'X-Hub-Signature-256',
        in: 'header',
        required: true,
        description: '`sha256=` and the HMAC-SHA256 of the raw body, keyed by the app secret, in hexadecimal',
      },
    ],
    request: { contentType: 'application/json', example: eventExample },
    replies: { 200: { description: 'The events are stored', contentType: 'text/plain', example: 'OK' } },
    problems: [
      ...['unauthenticated', 'invalid-signature', 'body-too-large', 'body-out-of-bounds'],
      ...['unsupported-media-type', 'overloaded'],
    ],
  },
} as const;
