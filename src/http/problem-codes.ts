import { defineProblems } from '../platform/errors.ts';

export const httpProblems = defineProblems({
  'malformed-json': {
    status: 400,
    title: 'Body is not JSON',
    retry: false,
    advice: 'Send one JSON object encoded in UTF-8.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not signed in',
    retry: false,
    advice: 'Send `Authorization: Bearer <accessToken>`; refresh or log in again when it has expired.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed for your role',
    retry: false,
    advice: 'Ask an admin of your business.',
  },
  'origin-not-allowed': {
    status: 403,
    title: 'Origin not allowed',
    retry: false,
    advice: 'Add the origin of your frontend to CORS_ORIGINS.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    retry: false,
    advice: 'See the `Allow` header and /docs.',
  },
  'body-too-large': {
    status: 413,
    title: 'Body too large',
    retry: false,
    advice: '`detail` names the limit.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    retry: false,
    advice: 'Send `Content-Type: application/json`.',
  },
  'request-in-progress': {
    status: 409,
    title: 'Request still in progress',
    retry: true,
    advice:
      'Another request with this Idempotency-Key is being handled. Repeat it after the number of seconds in `Retry-After`.',
  },
  'answer-lost': {
    status: 409,
    title: 'Request carried out, answer lost',
    retry: false,
    advice:
      'The first request with this Idempotency-Key had its effect, but failed before it was answered. Read the objects ' +
      'that it creates or changes; use a new key only for a new request.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency key reused for different content',
    retry: false,
    advice: 'Use a new key for a new request, and repeat a request with exactly the same body.',
  },
});

type HttpProblems = typeof httpProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends HttpProblems {}
}
