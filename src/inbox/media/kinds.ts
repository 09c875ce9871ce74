/** The kinds of files that WhatsApp sends, and how it limits them. Source: Meta's media reference. Pure. */

export const sendKinds = ['image', 'audio', 'video', 'document', 'sticker'] as const;

export type SendKind = (typeof sendKinds)[number];

const kib = 1_024;
const mib = 1_024 * kib;

/** No file of WhatsApp is larger. */
export const maxFileBytes = 100 * mib;

const office = 'application/vnd.openxmlformats-officedocument';

interface KindRule {
  readonly kind: SendKind;
  readonly maxBytes: number;
  /** For the name of the copy at the provider. */
  readonly extension: string;
}

const rule = (kind: SendKind, maxBytes: number, extension: string): KindRule => ({
  kind,
  maxBytes,
  extension,
});

const rules: ReadonlyMap<string, KindRule> = new Map([
  ['image/jpeg', rule('image', 5 * mib, 'jpg')],
  ['image/png', rule('image', 5 * mib, 'png')],
  ['image/webp', rule('sticker', 500 * kib, 'webp')],
  ['audio/aac', rule('audio', 16 * mib, 'aac')],
  ['audio/amr', rule('audio', 16 * mib, 'amr')],
  ['audio/mpeg', rule('audio', 16 * mib, 'mp3')],
  ['audio/mp4', rule('audio', 16 * mib, 'm4a')],
  ['audio/ogg', rule('audio', 16 * mib, 'ogg')],
  ['video/mp4', rule('video', 16 * mib, 'mp4')],
  ['video/3gpp', rule('video', 16 * mib, '3gp')],
  ['text/plain', rule('document', maxFileBytes, 'txt')],
  ['application/pdf', rule('document', maxFileBytes, 'pdf')],
  ['application/msword', rule('document', maxFileBytes, 'doc')],
  ['application/vnd.ms-excel', rule('document', maxFileBytes, 'xls')],
  ['application/vnd.ms-powerpoint', rule('document', maxFileBytes, 'ppt')],
  [`${office}.wordprocessingml.document`, rule('document', maxFileBytes, 'docx')],
  [`${office}.spreadsheetml.sheet`, rule('document', maxFileBytes, 'xlsx')],
  [`${office}.presentationml.presentation`, rule('document', maxFileBytes, 'pptx')],
]);

/** The types of files that can be sent. */
export const sendableTypes: readonly string[] = [...rules.keys()];

/** Null if WhatsApp sends no files of this type. */
export const kindRuleOf = (mimeType: string | undefined): KindRule | null =>
  rules.get(mimeType ?? '') ?? null;

export const kindOf = (mimeType: string | undefined): SendKind | null => kindRuleOf(mimeType)?.kind ?? null;

/** The bare type: `audio/ogg` of `audio/ogg; codecs=opus`. */
const bare = (mimeType: string): string => (mimeType.split(';')[0] ?? '').trim().toLowerCase();

const aliases: ReadonlyMap<string, string> = new Map([
  ['audio/x-m4a', 'audio/mp4'],
  ['image/apng', 'image/png'],
]);

/** Office files before 2007 share one container, which does not say which of them it is. */
const oldOffice: ReadonlyMap<string, string> = new Map([
  ['doc', 'application/msword'],
  ['xls', 'application/vnd.ms-excel'],
  ['ppt', 'application/vnd.ms-powerpoint'],
]);

interface Claims {
  readonly mimeType?: string | undefined;
  readonly filename?: string | undefined;
}

const extensionOf = (filename = ''): string => /\.([a-z0-9]{1,8})$/i.exec(filename)?.[1]?.toLowerCase() ?? '';

/**
 * The type of a file by its content. `sniffed` is undefined if the content has no mark of its own; `isText` says that it
 * is readable text. What the sender claims decides only between types that the content allows.
 */
export function typeByContent(
  { sniffed, isText }: { readonly sniffed: string | undefined; readonly isText: boolean },
  claims: Claims,
): string | undefined {
  if (sniffed === undefined) return isText && isClaimedText(claims) ? 'text/plain' : undefined;
  const type = bare(sniffed);
  if (type === 'application/x-cfb') return oldOffice.get(extensionOf(claims.filename)) ?? type;
  return aliases.get(type) ?? type;
}

const isClaimedText = ({ mimeType, filename }: Claims): boolean =>
  mimeType === undefined || bare(mimeType) === 'application/octet-stream'
    ? extensionOf(filename) === 'txt'
    : bare(mimeType) === 'text/plain';

/** Browsers show these without running anything in them. */
const shownTypes: ReadonlySet<string> = new Set([
  ...['image/jpeg', 'image/png', 'image/webp', 'image/gif'],
  ...['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg', 'video/mp4', 'video/3gpp'],
  'application/pdf',
]);

const unknownType = 'application/octet-stream';

const familyOf = (mimeType: string): string => bare(mimeType).split('/')[0] ?? '';

/** The type that a browser is told: never one that the content does not have, or that could run. */
export function servedTypeOf(mimeType: string | undefined, declared: string | undefined): string {
  if (mimeType === undefined || !shownTypes.has(mimeType)) return unknownType;
  return declared === undefined || familyOf(declared) === familyOf(mimeType) ? mimeType : unknownType;
}

/** Whether a thumbnail can be made. Never of formats that hold scripts or refer to other files. */
export const hasPicture = (mimeType: string | undefined): boolean =>
  mimeType !== undefined && ['image/jpeg', 'image/png', 'image/webp', 'image/gif'].includes(mimeType);
