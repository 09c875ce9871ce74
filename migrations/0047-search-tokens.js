/**
 * What texts are found by: the tokens of messages, contacts, leads and notes, and their indexes. The old version goes on writing
 * without tokens while this runs; 0048 fills in those.
 */

// As src/platform/search at the time of this migration.
const plainLetters = Object.entries({
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ĳ: 'ij' },
  ...{ ø: 'o', ł: 'l', đ: 'd', ð: 'd', ħ: 'h', ŧ: 't', ŋ: 'n', ı: 'i', ĸ: 'k', ə: 'e' },
});
const apostrophes = /[\u2018\u2019\u201B\u02BC\u02B9\u2032\u00B4\u0060\uFF07]/gu;
const hyphens = /[\u2010-\u2015\u2212]/gu;
const maxFoldedLength = 20_000;
const clusters =
  /(?:[\u1100-\u115F\uA960-\uA97C][\u1160-\u11A7\uD7B0-\uD7C6]+[\u11A8-\u11FF\uD7CB-\uD7FB]*|[\s\S])[\p{M}\p{Cf}\uFF9E\uFF9F]*/gu;
const maxClusterLength = 32;
const accents =
  /(?![\u3099\u309A])(?=\p{M})[\p{Script=Inherited}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}]/gu;
const sameLetters = new Map([
  ...plainLetters,
  ...Object.entries({ ς: 'σ', ـ: '', ى: 'ي', ة: 'ه', ی: 'ي', ک: 'ك' }),
]);
const variants = new RegExp(`[${[...sameLetters.keys()].join('')}]`, 'gu');
const zeros = [
  ...[0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6],
  ...[0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810],
];
const isWordlike = /^[\p{L}\p{N}\p{M}]/u;
const isStyledLetter = /^[\p{L}\p{N}]$/u;
// oxlint-disable-next-line no-control-regex -- all of ASCII
const isPlain = /^[\u0000-\u007F]*$/u;
function foldText(original) {
  if (isPlain.test(original)) return foldPlain(original);
  let text = '';
  const starts = [];
  const ends = [];
  for (const { 0: cluster, index } of original.matchAll(clusters)) {
    const piece = foldCluster(cluster);
    if (text.length + piece.length > maxFoldedLength) break;
    text += piece;
    for (let unit = 0; unit < piece.length; unit += 1) {
      starts.push(index);
      ends.push(index + cluster.length);
    }
  }
  return { text, placeOf: (from, to) => ({ start: starts[from] ?? 0, end: ends[to - 1] ?? 0 }) };
}
const foldPlain = (original) => ({
  text: original.toLowerCase().replaceAll('`', "'").replaceAll('\t', ' ').slice(0, maxFoldedLength),
  placeOf: (start, end) => ({ start, end }),
});
function foldCluster(cluster) {
  const [base = ''] = cluster;
  const mark = base.replace(apostrophes, "'").replace(hyphens, '-');
  if (mark !== base) return mark;
  if (isWordlike.test(base) || isStyledLetter.test(base.normalize('NFKC')))
    return foldLetters(cluster.slice(0, maxClusterLength));
  return foldSeparator(base);
}
function foldLetters(letters) {
  const lower = letters.normalize('NFKD').toLowerCase().normalize('NFKD');
  const plain = lower
    .replace(apostrophes, "'")
    .replace(accents, '')
    .replace(/\p{Cf}/gu, '');
  const typed = plain.replace(variants, (letter) => sameLetters.get(letter) ?? letter);
  const counted = typed.replace(/\p{Nd}/gu, (digit) => plainDigit(digit));
  return counted.normalize('NFC').replace(/[^\p{L}\p{N}\p{M}']+/gu, ' ');
}
function plainDigit(digit) {
  const code = digit.codePointAt(0) ?? 0;
  const zero = zeros.find((first) => code >= first && code < first + 10);
  return zero === undefined ? digit : String(code - zero);
}
function foldSeparator(sign) {
  if (/\p{Cf}/u.test(sign)) return '';
  if (/[\n\r\u2028\u2029]/.test(sign)) return '\n';
  const common = sign.normalize('NFKC');
  if (/\s/.test(common)) return ' ';
  return common.length === 1 ? common.replace(apostrophes, "'").replace(hyphens, '-') : ' ';
}
const maxSearchedLength = 10_000;
const maxWords = 64;
const maxPairs = 128;
const maxTokenLength = 32;
const minNumberDigits = 7;
const maxNumberDigits = 20;
const maxGroups = 8;
const unspaced =
  /[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]+/gu;
const wordPattern = /[\p{L}\p{N}\p{M}]+(?:'[\p{L}\p{N}\p{M}]+)*/gu;
function searchTokens(text) {
  const words = new Set();
  const pairs = new Set();
  for (const token of tokensOf(text)) {
    if (token.kind === 'pair') {
      if (pairs.size < maxPairs) pairs.add(token.text);
    } else if (words.size < maxWords) words.add(token.text);
    if (words.size === maxWords && pairs.size === maxPairs) break;
  }
  return [...new Set([...words, ...pairs])];
}
function* tokensOf(original) {
  const folded = foldText(original.slice(0, maxSearchedLength));
  const pieces = [...piecesOf(folded.text)];
  for (const [index, piece] of pieces.entries()) {
    if ('run' in piece) {
      yield* pairsOf(folded, piece);
      continue;
    }
    const place = folded.placeOf(piece.from, piece.to);
    for (const text of [piece.text, ...piece.parts]) yield { text: cut(text), kind: 'word', ...place };
    yield* numbersAt(folded, pieces, index);
  }
}
function* piecesOf(folded) {
  for (const { 0: found, index: from } of folded.matchAll(wordPattern)) {
    let done = 0;
    for (const { 0: run, index } of found.matchAll(unspaced)) {
      yield* wordIn(found.slice(done, index), from + done);
      yield { run, from: from + index };
      done = index + run.length;
    }
    yield* wordIn(found.slice(done), from + done);
  }
}
function* wordIn(found, from) {
  const parts = found.split("'").filter((part) => part !== '');
  if (parts.length === 0) return;
  yield { text: parts.join(''), from, to: from + found.length, parts: parts.length === 1 ? [] : parts };
}
const isDigits = (text) => /^\d+$/.test(text);
const withoutZeros = (digits) => (digits.length < minNumberDigits ? digits : digits.replace(/^0+(?=\d)/, ''));
function joinedAt(folded, pieces, index) {
  return [phoneAt(folded, pieces, index), codeAt(folded, pieces, index)].filter((found) => found !== null);
}
function phoneAt(folded, pieces, index) {
  let digits = '';
  let last = index;
  let to;
  for (const [offset, piece] of pieces.slice(index, index + maxGroups).entries()) {
    if ('run' in piece || !isDigits(piece.text)) break;
    if (to !== undefined && !/^[-./() ]{1,3}$/.test(folded.slice(to, piece.from))) break;
    if (digits.length + piece.text.length > maxNumberDigits) break;
    to = piece.to;
    last = index + offset;
    const isAside =
      offset > 0 && piece.text === '0' && folded[piece.from - 1] === '(' && folded[piece.to] === ')';
    digits += isAside ? '' : piece.text;
  }
  return digits.length < minNumberDigits ? null : { text: digits, kind: 'number', last };
}
function codeAt(folded, pieces, index) {
  let code = '';
  let last = index;
  let to;
  for (const [offset, piece] of pieces.slice(index, index + maxGroups).entries()) {
    if ('run' in piece) break;
    if (to !== undefined && !/^[-./_#+]$/.test(folded.slice(to, piece.from))) break;
    if (code.length + piece.text.length > maxTokenLength) break;
    to = piece.to;
    last = index + offset;
    code += piece.text;
  }
  return last > index && /\d/.test(code) ? { text: code, kind: 'word', last } : null;
}
function* numbersAt(folded, pieces, index) {
  const first = pieces[index];
  if (first === undefined) return;
  for (const { text, kind, last } of joinedAt(folded.text, pieces, index)) {
    const end = pieces[last];
    if (end === undefined || 'run' in end) continue;
    const place = folded.placeOf(first.from, end.to);
    yield { text, kind, ...place };
    if (kind === 'number' && text.startsWith('0')) yield { text: withoutZeros(text), kind, ...place };
  }
}
function* pairsOf(folded, { run, from }) {
  let at = from;
  let before = null;
  for (const sign of run) {
    if (before !== null)
      yield {
        text: before.sign + sign,
        kind: 'pair',
        ...folded.placeOf(before.at, at + sign.length),
      };
    before = { sign, at };
    at += sign.length;
  }
  if (before !== null) yield { text: before.sign, kind: 'pair', ...folded.placeOf(before.at, at) };
}
const cut = (word) =>
  word.length <= maxTokenLength ? word : word.slice(0, maxTokenLength).replace(/[\uD800-\uDBFF]$/, '');

// As `textOfContent`, `currentContent`, `contactTokens` and `withoutMentions` at the time of this migration.
function textOfMessage({ content = {}, changes = [], revokedAt }) {
  if (revokedAt !== undefined) return '';
  const said = changes.findLast((change) => change.content !== undefined)?.content ?? content;
  const { text, media, reply, order, payload } = said;
  const filename = payload?.type === 'document' ? payload.document?.filename : undefined;
  const parts = [text, media?.caption, reply?.title, order?.note, media?.filename, filename];
  return [...new Set(parts.filter((part) => typeof part === 'string'))].join('\n');
}

const suffixesOf = (digits) =>
  Array.from({ length: Math.max(0, digits.length - 2) }, (_, from) => digits.slice(from));

function contactTokens({ name, phoneBook, username, phoneNumber, whatsappId }) {
  const names = [name, phoneBook?.name, username, username?.replace(/[^\p{L}\p{N}]/gu, '')];
  const written = names.filter((text) => typeof text === 'string').join('\n');
  const numbers = [phoneNumber, whatsappId].flatMap((number) =>
    suffixesOf((number ?? '').replace(/\D/g, '')),
  );
  return [...new Set([...searchTokens(written), ...numbers])];
}

const noteTokens = ({ body }) =>
  searchTokens(body.replace(/@\[([0-9a-f]{24})\]/g, (mark) => ' '.repeat(mark.length)));

const sliceSize = 500;

/** Gives documents the tokens that `tokensIn` finds, in slices; a document that has changed since it was read stays as it is. */
async function fill(collection, { filter, fields, version, tokensIn }) {
  const projection = Object.fromEntries([...fields, version, 'searchTokens'].map((field) => [field, 1]));
  let after = {};
  for (;;) {
    const slice = await collection
      .find({ $and: [filter, after] }, { projection })
      .sort({ _id: 1 })
      .limit(sliceSize)
      .toArray();
    if (slice.length === 0) return;
    const tokens = await tokensIn(slice);
    const writes = slice.flatMap((document, index) => {
      const searchTokens = tokens[index] ?? [];
      if (JSON.stringify(document.searchTokens ?? []) === JSON.stringify(searchTokens)) return [];
      const unchanged = { _id: document._id, [version]: document[version] ?? null };
      const update =
        searchTokens.length === 0 ? { $unset: { searchTokens: '' } } : { $set: { searchTokens } };
      return [{ updateOne: { filter: unchanged, update } }];
    });
    if (writes.length > 0) await collection.bulkWrite(writes, { ordered: false });
    after = { _id: { $gt: slice.at(-1)._id } };
  }
}

/** The messages that match. */
export const fillMessages = (db, filter) =>
  fill(db.collection('messages'), {
    filter,
    fields: ['content', 'changes', 'revokedAt'],
    version: 'revision',
    tokensIn: (slice) => slice.map((message) => searchTokens(textOfMessage(message))),
  });

export async function fillPeopleAndNotes(db) {
  const contacts = db.collection('contacts');
  const fields = ['name', 'phoneBook', 'username', 'phoneNumber', 'whatsappId'];
  const tokensIn = (slice) => slice.map(contactTokens);
  await fill(contacts, { filter: {}, fields, version: 'version', tokensIn });
  await fill(db.collection('leads'), {
    filter: {},
    fields: ['contactId'],
    version: 'version',
    async tokensIn(slice) {
      const ids = slice.map(({ contactId }) => contactId);
      const found = await contacts.find({ _id: { $in: ids } }, { projection: { consentLog: 0 } }).toArray();
      const byId = new Map(found.map((contact) => [String(contact._id), contactTokens(contact)]));
      return ids.map((id) => byId.get(String(id)));
    },
  });
  const ofNotes = (slice) => slice.map(noteTokens);
  await fill(db.collection('notes'), { filter: {}, fields: ['body'], version: 'version', tokensIn: ofNotes });
}

const index = (time) => ({
  key: { clientId: 1, searchTokens: 1, [time]: -1, _id: -1 },
  name: 'searched',
  partialFilterExpression: { searchTokens: { $exists: true } },
});

export async function up(db) {
  await fillPeopleAndNotes(db);
  await fillMessages(db, { searchTokens: { $exists: false } });
  for (const name of ['contacts', 'leads', 'notes'])
    await db.collection(name).createIndexes([index('createdAt')]);
  await db.collection('messages').createIndexes([index('timestamp')]);
}
