/** Words by language. The language only helps readers: a message does not declare one. */
export type WordLists = Readonly<Record<string, readonly string[]>>;

export interface CustomWords {
  readonly stopWords?: WordLists | undefined;
  readonly startWords?: WordLists | undefined;
  /** Whether the own words of a language replace the default words or are added to them. */
  readonly replacesDefaults?: boolean | undefined;
}

/** Normalised words. */
export interface ConsentWords {
  readonly stop: ReadonlySet<string>;
  readonly start: ReadonlySet<string>;
}

export type Keyword = 'stop' | 'start';

/**
 * Only words that are unambiguous as a whole message: "cancel" (and "cancelar", "إلغاء") is the label of many a button
 * about an order or an appointment, and the Italian "fine" is an English yes. A client can add such words.
 */
export const defaultStopWords: WordLists = {
  en: [
    ...['stop', 'stop all', 'stopall', 'unsubscribe', 'opt out', 'optout', 'quit', 'end'],
    // The usual labels of buttons, and the usual courtesies.
    ...['stop promotions', 'stop messages', 'stop please', 'please stop', 'stop thanks', 'stop thank you'],
  ],
  es: [
    ...['parar', 'detener', 'baja', 'dar de baja', 'darme de baja', 'cancelar suscripción'],
    ...['desuscribirse', 'desuscribirme', 'detener promociones'],
  ],
  pt: ['parar', 'pare', 'sair', 'descadastrar', 'cancelar inscrição'],
  fr: ['arrêt', 'arrêter', 'arrêtez', 'désabonner', 'désinscrire', 'désinscription', 'se désabonner'],
  de: ['stopp', 'abmelden', 'abbestellen', 'austragen'],
  it: ['ferma', 'fermare', 'basta', 'disiscrivimi', 'cancellami', 'annulla iscrizione'],
  id: ['berhenti', 'hentikan', 'berhenti berlangganan'],
  hi: ['रोकें', 'रोको', 'बंद', 'बंद करें', 'बंद करो', 'सदस्यता रद्द करें'],
  ar: ['توقف', 'إيقاف', 'أوقف', 'قف', 'إلغاء الاشتراك'],
  tr: ['dur', 'durdur', 'ret', 'abonelikten çık', 'üyelikten çık'],
  zh: ['停止', '退订', '退訂'],
};

export const defaultStartWords: WordLists = {
  en: ['start', 'unstop', 'subscribe', 'opt in', 'optin', 'resume'],
  es: ['alta', 'iniciar', 'empezar', 'reanudar', 'suscribirme'],
  pt: ['iniciar', 'começar', 'voltar', 'retomar', 'inscrever'],
  fr: ['démarrer', 'commencer', 'reprendre', "s'abonner"],
  de: ['starten', 'anmelden', 'abonnieren'],
  it: ['inizia', 'avvia', 'riprendi', 'iscrivimi'],
  id: ['mulai', 'berlangganan', 'lanjutkan'],
  hi: ['शुरू', 'शुरू करें', 'शुरू करो', 'चालू करें', 'सदस्यता लें'],
  ar: ['ابدأ', 'بدء', 'اشتراك', 'استئناف'],
  tr: ['başla', 'başlat', 'devam', 'abone ol'],
  zh: ['开始', '開始', '订阅', '訂閱'],
};

/** A mark without a script of its own is an accent; a Hindi vowel sign changes the word. */
const isAccent = /^\p{Script=Inherited}$/u;

/**
 * The form in which words are compared: without compatibility variants, case, accents, invisible characters, and
 * surrounding characters that are neither letters nor digits.
 */
export function normaliseWord(text: string): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, (mark) => (isAccent.test(mark) ? '' : mark))
    .normalize('NFKC')
    // The tatweel only stretches an Arabic word; many keyboards type the Turkish dotless i as an i.
    .replace(/\p{Cf}|\u0640/gu, '')
    .replaceAll('\u0131', 'i');
  return plain
    .replace(/[\s\p{Pd}\p{Pc}]+/gu, ' ')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/[^\p{L}\p{N}\p{M}]+$/u, '');
}

/** The words of a client: the default words of every language, extended or replaced by its own. */
export function wordsOf({
  stopWords = {},
  startWords = {},
  replacesDefaults = false,
}: CustomWords): ConsentWords {
  const merged = (defaults: WordLists, own: WordLists): ReadonlySet<string> => {
    const kept = Object.entries(defaults).filter(
      ([language]) => !replacesDefaults || !Object.hasOwn(own, language),
    );
    return new Set([...kept, ...Object.entries(own)].flatMap(([, words]) => words.map(normaliseWord)));
  };
  return { stop: merged(defaultStopWords, stopWords), start: merged(defaultStartWords, startWords) };
}

/** Words that are both stop and start words. */
export const ambiguousWords = ({ stop, start }: ConsentWords): string[] =>
  [...stop].filter((word) => start.has(word));

/** Longer texts are never keywords, so they are not normalised. */
const maxText = 200;

/** One word that is repeated: "stop stop". */
const repeatedWord = /^(?<word>\S+)(?: \k<word>)+$/u;

/** As `normaliseWord`, also without the punctuation inside; a repeated word counts once. */
function looseForm(word: string): string {
  const spaced = word.replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ');
  return repeatedWord.exec(spaced)?.groups?.['word'] ?? spaced;
}

/** The keyword must be the whole message: "stop by at nine" is not an opt-out. */
export function keywordOf(text: string, { stop, start }: ConsentWords): Keyword | null {
  const trimmed = text.trim();
  if (trimmed.length > maxText) return null;
  const word = normaliseWord(trimmed);
  if (word === '') return null;
  const forms = [word, looseForm(word)];
  if (forms.some((form) => stop.has(form))) return 'stop';
  return forms.some((form) => start.has(form)) ? 'start' : null;
}

const defaultWords = wordsOf({});
const allDefaultWords = [...defaultWords.stop, ...defaultWords.start].map(looseForm);

/** Longer texts do not count as a possible keyword. */
const maxPossible = 40;

/** Whether a short text contains a default word: it may be a keyword, or be close to one. Cheap. */
export function mayBeKeyword(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > maxPossible) return false;
  const padded = ` ${looseForm(normaliseWord(trimmed))} `;
  return allDefaultWords.some((word) => padded.includes(` ${word} `));
}

export interface KeywordMatch {
  readonly keyword: Keyword;
  /** The original text. */
  readonly wording: string;
}

/** The keyword among the texts of one message; stop wins over start. */
export function findKeyword(texts: readonly string[], words: ConsentWords): KeywordMatch | null {
  const matches = texts.flatMap((wording): KeywordMatch[] => {
    const keyword = keywordOf(wording, words);
    return keyword === null ? [] : [{ keyword, wording }];
  });
  return matches.find(({ keyword }) => keyword === 'stop') ?? matches[0] ?? null;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

const captioned = ['image', 'video', 'document'] as const;

/**
 * The texts of a provider message that can carry a keyword: its text or caption, or the label and payload of the tapped
 * button or list entry. Quoted texts do not count.
 */
export function textsOf(raw: Fields): string[] {
  const { text, button, interactive } = raw;
  const { button_reply: reply, list_reply: entry } = fieldsOf(interactive);
  const texts = [
    typeof text === 'string' ? text : fieldsOf(text)['body'],
    ...captioned.map((kind) => fieldsOf(raw[kind])['caption']),
    ...[fieldsOf(button)['text'], fieldsOf(button)['payload']],
    ...[fieldsOf(reply)['title'], fieldsOf(reply)['id']],
    ...[fieldsOf(entry)['title'], fieldsOf(entry)['id']],
  ];
  return texts.filter((part) => typeof part === 'string');
}
