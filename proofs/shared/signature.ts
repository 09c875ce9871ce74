import { createHmac } from 'node:crypto';

/** The signature header of a webhook. Implemented here so that the product's own code is not tested against itself. */
export const signatureOf = (body: string | Uint8Array, secret: string): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
