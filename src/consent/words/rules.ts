/** Words by language; the language is for people only, since a message does not say in which one it is written. */
export type WordLists = Readonly<Record<string, readonly string[]>>;

export interface OwnWords {
  readonly stopWords?: WordLists | undefined;
  readonly startWords?: WordLists | undefined;
  /** Whether the own words of a language take the place of the default ones, or come beside them. */
  readonly replacesDefaults?: boolean | undefined;
}

/** Words in the form in which they are compared. */
export interface ConsentWords {
  readonly stop: ReadonlySet<string>;
  readonly start: ReadonlySet<string>;
}

export type Judgement = 'stop' | 'start';

/**
 * Only words that mean nothing else as a whole message: «cancel» is said of an order, and the Italian «fine» is an
 * English yes. A business that wants them adds them.
 */
export const defaultStopWords: WordLists = {
  en: ['stop', 'stop all', 'stopall', 'unsubscribe', 'opt out', 'optout', 'quit'],
  es: ['parar', 'detener', 'baja', 'dar de baja', 'darme de baja', 'cancelar suscripción'],
  pt: ['parar', 'pare', 'sair', 'descadastrar', 'cancelar inscrição'],
  fr: ['arrêt', 'arrêter', 'arrêtez', 'désabonner', 'désinscrire', 'désinscription', 'se désabonner'],
  de: ['stopp', 'abmelden', 'abbestellen', 'austragen'],
  it: ['ferma', 'fermare', 'basta', 'disiscrivimi', 'cancellami', 'annulla iscrizione'],
  id: ['berhenti', 'hentikan', 'berhenti berlangganan'],
  hi: ['रोकें', 'रोको', 'बंद', 'बंद करें', 'बंद करो', 'सदस्यता रद्द करें'],
  ar: ['توقف', 'إيقاف', 'أوقف', 'قف', 'إلغاء الاشتراك'],
  tr: ['dur', 'durdur', 'ret', 'abonelikten çık', 'üyelikten çık'],
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
};

/** A mark that belongs to no script is an accent; a vowel sign of Hindi makes another word. */
const isAccent = /^\p{Script=Inherited}$/u;

/**
 * A text in the one form in which words are compared: compatible characters, case, accents, invisible characters, and
 * whatever stands around it without being a letter or a digit do not count.
 */
export function normaliseWord(text: string): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, (mark) => (isAccent.test(mark) ? '' : mark))
    .normalize('NFKC')
    // The tatweel only stretches an Arabic word, and the Turkish dotless i is an i to who types without it.
    .replace(/\p{Cf}|\u0640/gu, '')
    .replaceAll('\u0131', 'i');
  return plain
    .replace(/[\s\p{Pd}\p{Pc}]+/gu, ' ')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/[^\p{L}\p{N}\p{M}]+$/u, '');
}

/** The words of a business: the default ones of every language, with its own beside them or in their place. */
export function wordsOf({
  stopWords = {},
  startWords = {},
  replacesDefaults = false,
}: OwnWords): ConsentWords {
  const merged = (defaults: WordLists, own: WordLists): ReadonlySet<string> => {
    const kept = Object.entries(defaults).filter(
      ([language]) => !replacesDefaults || !Object.hasOwn(own, language),
    );
    return new Set([...kept, ...Object.entries(own)].flatMap(([, words]) => words.map(normaliseWord)));
  };
  return { stop: merged(defaultStopWords, stopWords), start: merged(defaultStartWords, startWords) };
}

/** Words that would mean both. */
export const ambiguousWords = ({ stop, start }: ConsentWords): string[] =>
  [...stop].filter((word) => start.has(word));

/** No word is as long, and a long text is not searched for one. */
const maxText = 200;

/** What a message means for consent: the whole of it must be the word, since who says «stop by at nine» wants no stop. */
export function judgeWord(text: string, { stop, start }: ConsentWords): Judgement | null {
  if (text.length > maxText) return null;
  const word = normaliseWord(text);
  if (word === '') return null;
  if (stop.has(word)) return 'stop';
  return start.has(word) ? 'start' : null;
}

export interface Verdict {
  readonly judgement: Judgement;
  /** What was said, as it was said. */
  readonly wording: string;
}

/** The judgement of everything that a message says; where a button says both, the stop holds. */
export function judgeTexts(texts: readonly string[], words: ConsentWords): Verdict | null {
  const verdicts = texts.flatMap((wording): Verdict[] => {
    const judgement = judgeWord(wording, words);
    return judgement === null ? [] : [{ judgement, wording }];
  });
  return verdicts.find(({ judgement }) => judgement === 'stop') ?? verdicts[0] ?? null;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

/**
 * What a person says by a message, as the provider hands it over: the text, or the label and the payload of the button
 * or list entry that was tapped. A caption is no answer, and a quoted text is not the person's own.
 */
export function textsOf(raw: Fields): string[] {
  const { text, button, interactive } = raw;
  const { button_reply: reply, list_reply: entry } = fieldsOf(interactive);
  const said = [
    fieldsOf(text)['body'],
    ...[fieldsOf(button)['text'], fieldsOf(button)['payload']],
    ...[fieldsOf(reply)['title'], fieldsOf(reply)['id']],
    ...[fieldsOf(entry)['title'], fieldsOf(entry)['id']],
  ];
  return said.filter((part) => typeof part === 'string');
}
