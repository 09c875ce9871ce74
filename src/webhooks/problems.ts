import { defineProblems } from '../platform/errors.ts';

export const webhookProblems = defineProblems({
  'invalid-signature': {
    status: 401,
    title: 'Webhook signature does not match',
    retry: false,
    advice:
      'Sign the exact bytes of the body with the app secret (HMAC-SHA256, header `X-Hub-Signature-256`) and check WHATSAPP_APP_SECRETS.',
  },
  'body-out-of-bounds': {
    status: 413,
    title: 'Webhook body out of bounds',
    retry: false,
    advice:
      '`detail` names the bound. The provider stays far below each; a relay should pass its bodies on one by one.',
  },
  'verify-token-mismatch': {
    status: 403,
    title: 'Verify token does not match',
    retry: false,
    advice: 'Enter the value of WEBHOOK_VERIFY_TOKEN in the provider’s webhook settings.',
  },
});

type WebhookProblems = typeof webhookProblems;

declare module '../platform/errors.ts' {
  interface ProblemCodes extends WebhookProblems {}
}
