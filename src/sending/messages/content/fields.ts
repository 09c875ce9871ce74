import { z } from 'zod';
import { nonBlankText, noControls, paragraphText } from '../../../platform/text-fields.ts';
import { hasIpHost } from '../../../platform/web-link.ts';

/** Fields that several kinds of messages share. */

/** Text with line breaks. */
export const paragraph = paragraphText;

/** One line of text: titles, names, ids. */
export const line = (limit: number) =>
  nonBlankText(limit).regex(noControls, { error: 'Must be one line without control characters.' });

/** The text of most interactive messages. */
export const shortBody = paragraph(1_024);
export const headerText = line(60);
export const footer = line(60).optional().meta({ description: 'Small print below the text' });

const maxUrl = 2_000;

/** A URL that a person opens. */
export const webUrl = z
  .url({ protocol: /^https?$/, error: 'Must be a URL such as https://example.com/page.' })
  .max(maxUrl)
  .regex(/^https?:\/\/\S+$/i, { error: 'Must start with https:// or http:// and contain no spaces.' });

/** The URL of a link button. */
export const buttonUrl = webUrl.refine((url) => !hasIpHost(url), {
  error: 'Must name its site; WhatsApp refuses links to IP addresses.',
});

/** A URL from which Meta downloads a file; Meta requires https. */
const fileUrl = z
  .url({ protocol: /^https$/, error: 'Must be an https URL.' })
  .max(maxUrl)
  .regex(/^https:\/\/\S+$/i, { error: 'Must start with https:// and contain no spaces.' });

/** A file: uploaded before, or downloaded by Meta. */
export const sourceFields = {
  mediaId: z
    .string()
    .regex(/^[\x21-\x7e]{1,256}$/, { error: 'Must be the id of an uploaded file.' })
    .optional()
    .meta({
      description:
        'The `id` of a file that `POST /api/media` answered or that a contact sent, or its id at the provider',
    }),
  link: fileUrl.optional().meta({
    description: 'Where Meta downloads the file, which it caches for 10 minutes',
  }),
};

/** Arguments of `refine` for schemas with `sourceFields`. */
export const eitherSource = [
  ({ mediaId, link }: { mediaId?: string | undefined; link?: string | undefined }): boolean =>
    (mediaId === undefined) !== (link === undefined),
  { error: 'Give either mediaId or link.', path: ['mediaId'] as PropertyKey[] },
] as const;

export const fileName = line(240).meta({ description: 'As the contact sees it' });
