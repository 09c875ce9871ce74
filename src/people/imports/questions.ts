import type { ImportFindings } from './analysis/findings.ts';
import { hasNoRoom, type NewTags } from './new-tags.ts';
import { mappedColumns, type ImportSettings } from './settings.ts';

/** What a user should look at before an import starts. Pure. */

export const questionCodes = [
  /** The encoding is a guess: look at the words in each of its readings. */
  'encoding-uncertain',
  'delimiter-uncertain',
  'header-uncertain',
  /** No column holds what identifies a contact. */
  'no-identity-column',
  /** A column was taken by its cells alone. */
  'column-by-content',
  /** Digits that are two numbers: say with `bareDigits` which ones are meant. */
  'phones-ambiguous',
  /** Numbers without a country code, and no country is chosen or proposed. */
  'phones-without-country',
  /** The country of numbers without a code is a proposal. */
  'country-proposed',
  /** A column of consents needs `consent` to set `opted-in`. */
  'consent-missing',
  /** The tags that the file would make are more than a business can have: it cannot be started so. */
  'too-many-new-tags',
] as const;
export type QuestionCode = (typeof questionCodes)[number];

const identityTargets: ReadonlySet<string> = new Set(['phoneNumber', 'whatsappId', 'businessScopedUserId']);

type Asks = Readonly<
  Record<QuestionCode, (found: ImportFindings, settings: ImportSettings, newTags?: NewTags) => boolean>
>;

const needsCountry = ({ phones }: ImportFindings): boolean =>
  phones !== undefined && phones.cells > phones.international;

const asks: Asks = {
  'encoding-uncertain': ({ encoding }) => encoding !== undefined && encoding.certainty !== 'certain',
  'delimiter-uncertain': ({ dialect }, { delimiter }) =>
    dialect.certainty === 'guess' && delimiter === undefined,
  'header-uncertain': ({ header }, { hasHeader }) => header.certainty === 'guess' && hasHeader === undefined,
  'no-identity-column': ({ proposed }, settings) =>
    !mappedColumns(settings, proposed).some(({ target }) => identityTargets.has(target)),
  'column-by-content': ({ columns }, { mapping }) =>
    mapping === undefined && columns.some(({ because }) => because === 'content'),
  'phones-ambiguous': ({ phones }, { bareDigits }) =>
    phones !== undefined && phones.different > 0 && bareDigits === undefined,
  'phones-without-country': (found, { defaultCountry, bareDigits }) =>
    needsCountry(found) && (defaultCountry ?? found.country) === undefined && bareDigits === undefined,
  'country-proposed': (found, { defaultCountry }) =>
    needsCountry(found) && found.country !== undefined && defaultCountry === undefined,
  'consent-missing': ({ proposed }, settings) =>
    settings.consent === undefined &&
    mappedColumns(settings, proposed).some(({ target }) => target === 'optInStatus'),
  'too-many-new-tags': (_found, _settings, newTags) => newTags !== undefined && hasNoRoom(newTags),
};

/** `newTags` once the dry run is done. */
export const questionsOf = (
  found: ImportFindings,
  settings: ImportSettings,
  newTags?: NewTags,
): QuestionCode[] => questionCodes.filter((code) => asks[code](found, settings, newTags));
