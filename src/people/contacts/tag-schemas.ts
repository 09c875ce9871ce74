import { z } from 'zod';
import { isVisible } from '../../platform/plain-text.ts';
import { noControls } from '../../platform/text-fields.ts';
import { maxTagLength, namesByKey } from '../contact-sets/rules.ts';
import { maxTags } from './rules.ts';

/** One line of text without control characters. */
export const lineOf = (maximum: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maximum)
    .regex(noControls, { error: 'Must be one line without control characters.' });

/** An empty text has an issue of its own already. */
const isEmptyOrVisible = (text: string): boolean => text === '' || isVisible(text);

export const TagText = lineOf(maxTagLength).refine(isEmptyOrVisible, { error: 'Must not be blank.' });

const tagList = z.array(TagText).max(maxTags);

/** The words of a lead; tags of contacts are rows of their own. */
export const TagList = tagList
  .meta({ description: 'Each once; case matters' })
  .transform((tags) => [...new Set(tags)]);

/** At least one name of a tag. */
export const TagNameList = z.array(TagText).min(1).max(maxTags);

const aboutNames =
  'Names of tags, whatever their case and accents. One that no tag has creates the tag, spelt like this';

export const ContactTags = tagList.meta({ description: `${aboutNames}. The contact then has exactly these` });

/** Of a file, each once. */
export const TagsOfFile = tagList
  .meta({ description: `${aboutNames}. Each contact of the file gets these` })
  .transform((names) => [...namesByKey(names).values()]);

export const tagsToAdd = TagNameList.meta({
  description: `${aboutNames}. The other tags stay. Not together with \`tags\``,
});
