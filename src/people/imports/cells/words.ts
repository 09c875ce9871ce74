import { normaliseHeader } from '../mapping/folding.ts';

/** Words for yes and no in the languages of the product's users: en, es, pt, fr, de, it, id, hi, ar, tr, zh. */
const yes = [
  ...[
    '1',
    'true',
    'yes',
    'y',
    'verdadero',
    'si',
    'sí',
    'verdadeiro',
    'sim',
    'vrai',
    'oui',
    'wahr',
    'ja',
    'vero',
  ],
  ...['benar', 'ya', 'iya', 'हाँ', 'हां', 'सही', 'نعم', 'صحيح', 'doğru', 'evet', '是', '对', '真'],
];
const no = [
  ...['0', 'false', 'no', 'n', 'falso', 'não', 'faux', 'non', 'falsch', 'nein'],
  ...['salah', 'tidak', 'नहीं', 'गलत', 'لا', 'خطأ', 'yanlış', 'hayır', '否', '不', '假'],
];
/** Marks of a list, too short for a consent: a cross means no to some. */
const ticks = ['t', 'x', 'on', '✓', '✔', '☑'];
const gaps = ['f', 'off', '✗', '✘', '☐'];

const optedIn = [
  ...['opted-in', 'opted in', 'opt in', 'optin', 'subscribed', 'active', 'granted', 'consented', 'agreed'],
  ...[
    'suscrito',
    'aceptado',
    'inscrito',
    'aceito',
    'abonné',
    'inscrit',
    'accepté',
    'angemeldet',
    'zugestimmt',
  ],
  ...[
    'eingewilligt',
    'iscritto',
    'accettato',
    'berlangganan',
    'setuju',
    'सदस्य',
    'مشترك',
    'abone',
    'onaylı',
    '已订阅',
    '已訂閱',
    '同意',
  ],
];
const optedOut = [
  ...[
    'opted-out',
    'opted out',
    'opt out',
    'optout',
    'unsubscribed',
    'stop',
    'revoked',
    'withdrawn',
    'do not contact',
  ],
  ...['baja', 'dado de baja', 'rechazado', 'descadastrado', 'recusado', 'désabonné', 'désinscrit', 'refusé'],
  ...['abgemeldet', 'widerrufen', 'abgelehnt', 'disiscritto', 'rifiutato', 'berhenti', 'menolak'],
  ...['सदस्यता रद्द', 'غير مشترك', 'ملغى', 'abonelikten çıktı', 'onaysız', '已退订', '已退訂', '拒绝'],
];
const unknown = [
  'unknown',
  'none',
  'pending',
  'n/a',
  'desconocido',
  'desconhecido',
  'inconnu',
  'unbekannt',
  'sconosciuto',
  'bilinmiyor',
  '未知',
];

const folded = (words: readonly string[]): ReadonlySet<string> => new Set(words.map(normaliseHeader));

const booleans = [
  [folded([...yes, ...ticks]), true],
  [folded([...no, ...gaps]), false],
] as const;

const consents = [
  [folded([...optedIn, ...yes]), 'opted-in'],
  [folded([...optedOut, ...no]), 'opted-out'],
  [folded(unknown), 'unknown'],
] as const;

const meaningOf = <T>(
  text: string,
  meanings: readonly (readonly [ReadonlySet<string>, T])[],
): T | undefined => meanings.find(([words]) => words.has(normaliseHeader(text)))?.[1];

export const booleanOf = (text: string): boolean | undefined => meaningOf(text, booleans);

/** A status of consent. What a word does not say surely is not consent. */
export const consentOf = (text: string): 'opted-in' | 'opted-out' | 'unknown' | undefined =>
  meaningOf(text, consents);
