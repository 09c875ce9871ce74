import type { JsonSchema } from './openapi-normalise.ts';

/** Descriptions of replies by status. */
export const statusTexts: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted; the response has no body',
  204: 'Done; the response has no body',
  206: 'The part of the file that `Range` names',
  304: 'The file is the one that `If-None-Match` names',
  503: 'Not ready',
};

/** A file may have any type. */
export const fileContent = (type: string): Readonly<Record<string, JsonSchema>> => ({
  [type]: {
    schema: { type: 'string', format: 'binary' },
    example: 'The bytes of the file',
  },
});
