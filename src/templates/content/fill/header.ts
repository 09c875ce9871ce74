import type { Issue } from '../../../platform/errors.ts';
import type {
  HeaderComponent,
  LocationParameter,
  MediaParameter,
} from '../../../whatsapp/template-payload.ts';
import type { MediaFormat, TemplateHeader } from '../definition.ts';
import { fillText, textIssues, lengthIssues } from './text.ts';
import { byName, type HeaderValue } from '../variables.ts';

/** The header as the contact sees it. */
export interface ShownHeader {
  readonly format: TemplateHeader['format'];
  readonly text?: string;
  readonly mediaId?: string;
  readonly link?: string;
  readonly filename?: string;
  readonly location?: LocationParameter['location'];
}

export interface FilledHeader {
  /** Empty if the header needs no values. */
  readonly components: readonly HeaderComponent[];
  readonly shown: ShownHeader | null;
  readonly issues: readonly Issue[];
}

const maxLengths = { text: 60, link: 2_000, mediaId: 128, filename: 240, place: 1_000 } as const;

export function fillHeader(
  header: TemplateHeader | undefined,
  given: HeaderValue | undefined,
  path: string,
): FilledHeader {
  if (header === undefined || header.format === 'TEXT') return fillTextHeader(header?.text, given, path);
  if (given === undefined) {
    const what = header.format === 'LOCATION' ? 'latitude, longitude, name and address' : 'mediaId or link';
    const message = `The ${header.format} of the header is missing: give ${what}.`;
    return { components: [], shown: null, issues: [{ path, message }] };
  }
  return header.format === 'LOCATION' ? fillLocation(given, path) : fillMedia(header.format, given, path);
}

function fillTextHeader(
  text: string | undefined,
  given: HeaderValue | undefined,
  path: string,
): FilledHeader {
  const filled = fillText(text ?? '', given, { path, part: 'header', maxLength: maxLengths.text });
  const { parameters, issues } = filled;
  return {
    components: parameters.length === 0 ? [] : [{ type: 'header', parameters }],
    shown: text === undefined ? null : { format: 'TEXT', text: filled.text },
    issues,
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function fillMedia(format: MediaFormat, given: HeaderValue, path: string): FilledHeader {
  const values = byName(given);
  const issues = unknownFields(values, ['mediaId', 'link', 'filename'], { path, format });
  const [mediaId, link, filename] = [values.get('mediaId'), values.get('link'), values.get('filename')];
  if ((mediaId === undefined) === (link === undefined)) {
    issues.push({ path, message: 'Give either mediaId or link.' });
  }
  for (const [name, value] of Object.entries({ mediaId, link, filename })) {
    if (value === undefined) continue;
    const at = `${path}.${name}`;
    issues.push(
      ...textIssues(at, value, 'value'),
      ...lengthIssues(at, value, maxLengths[name as 'mediaId' | 'link' | 'filename']),
    );
  }
  if (typeof link === 'string' && link.trim() !== '' && !isWebAddress(link)) {
    issues.push({
      path: `${path}.link`,
      message: 'Must be an address that starts with https:// or http://.',
    });
  }
  if (filename !== undefined && format !== 'DOCUMENT') {
    issues.push({ path: `${path}.filename`, message: 'Only a DOCUMENT has a file name.' });
  }
  const name = filename === undefined ? {} : { filename: textOf(filename) };
  const source = mediaId === undefined ? { link: textOf(link) } : { id: textOf(mediaId) };
  const shownSource = mediaId === undefined ? { link: textOf(link) } : { mediaId: textOf(mediaId) };
  return {
    components: [{ type: 'header', parameters: [mediaParameter(format, { ...source, ...name })] }],
    shown: { format, ...shownSource, ...name },
    issues,
  };
}

function mediaParameter(
  format: MediaFormat,
  media: { id: string; filename?: string } | { link: string; filename?: string },
): MediaParameter {
  switch (format) {
    case 'IMAGE':
      return { type: 'image', image: media };
    case 'VIDEO':
      return { type: 'video', video: media };
    case 'DOCUMENT':
      return { type: 'document', document: media };
  }
}

const isWebAddress = (text: string): boolean => /^https?:\/\//i.test(text) && URL.canParse(text);

function fillLocation(given: HeaderValue, path: string): FilledHeader {
  const values = byName(given);
  const issues = unknownFields(values, ['latitude', 'longitude', 'name', 'address'], {
    path,
    format: 'LOCATION',
  });
  const numberAt = (name: string, bound: number): number => {
    const value = values.get(name);
    if (typeof value === 'number' && Math.abs(value) <= bound) return value;
    const message =
      value === undefined ? 'This value is missing.' : `Must be a number from -${bound} to ${bound}.`;
    issues.push({ path: `${path}.${name}`, message });
    return 0;
  };
  const textAt = (name: string): string => {
    const value = values.get(name);
    const at = `${path}.${name}`;
    issues.push(...textIssues(at, value, 'value'), ...lengthIssues(at, value, maxLengths.place));
    return textOf(value);
  };
  const location = {
    latitude: numberAt('latitude', 90),
    longitude: numberAt('longitude', 180),
    name: textAt('name'),
    address: textAt('address'),
  };
  return {
    components: [{ type: 'header', parameters: [{ type: 'location', location }] }],
    shown: { format: 'LOCATION', location },
    issues,
  };
}

const unknownFields = (
  values: ReadonlyMap<string, unknown>,
  known: readonly string[],
  { path, format }: { path: string; format: string },
): Issue[] =>
  [...values.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: `${path}.${name}`,
      message: `A header of format ${format} takes ${known.join(', ')}.`,
    }));
