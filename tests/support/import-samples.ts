import { badWords, paging } from './bad-queries.ts';
import { harmlessAt, isCleared } from './hostile.ts';
import type { Owner, Place } from './owned-places.ts';
import type { Sample } from './request-samples.ts';

const choices = {
  mapping: [{ column: 1, target: 'phoneNumber' }],
  options: {
    ...{ encoding: 'utf-8', delimiter: ';', quote: '"', hasHeader: true, defaultCountry: 'DE' },
    ...{ bareDigits: 'national', dateOrder: 'dmy', decimal: 'comma' },
    ...{ onExisting: 'skip', onDuplicateInFile: 'first', tags: ['vip'] },
    consent: { status: 'opted-in', source: 'web form', wording: 'Yes.' },
  },
};
const options = Object.keys(choices.options).map((name) => `options.${name}`);

export const importSamples: readonly Sample[] = [
  {
    route: 'post /api/imports',
    takesFile: true,
    query: { filename: ['', '%00', 'a%0Ab', 'x'.repeat(241)] },
  },
  { route: 'get /api/imports/:id/rows', query: { ...paging, outcome: badWords, plan: badWords } },
  { route: 'post /api/imports/:id/start', query: { force: badWords } },
  {
    route: 'patch /api/imports/:id',
    body: choices,
    places: [
      ...['mapping', 'mapping.0', 'mapping.0.column', 'mapping.0.target', 'options', ...options],
      ...['options.consent.status', 'options.consent.source', 'options.consent.wording', 'options.tags.0'],
    ],
    harmless: [
      ...isCleared('mapping', ...options),
      ...harmlessAt('mapping', 'an empty list'),
      ...harmlessAt('mapping.0.column', 'zero'),
      ...harmlessAt('options', 'an empty object'),
      ...harmlessAt('options.hasHeader', 'true', 'false'),
      ...harmlessAt('options.tags', 'an empty list', 'a list'),
    ],
  },
];

/** Of a file that is being analysed, which most commands refuse. */
export function importPlaces(
  inPath: (route: string, ownStatus: number, idOf: Place['idOf'], json?: object) => Place,
): readonly Place[] {
  const uploaded = ({ uploadContacts }: Owner): Promise<string> => uploadContacts();
  return [
    inPath('get /api/imports/:id', 200, uploaded),
    inPath('get /api/imports/:id/rows', 200, uploaded),
    inPath('get /api/imports/:id/report.csv', 200, uploaded),
    inPath('patch /api/imports/:id', 200, uploaded, { options: { tags: ['vip'] } }),
    inPath('post /api/imports/:id/start', 409, uploaded),
    inPath('post /api/imports/:id/pause', 409, uploaded),
    inPath('post /api/imports/:id/resume', 409, uploaded),
    inPath('post /api/imports/:id/cancel', 200, uploaded),
    inPath('post /api/imports/:id/undo', 409, uploaded),
  ];
}
