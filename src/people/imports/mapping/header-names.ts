import { normaliseHeader } from './folding.ts';
import type { ContactTarget } from './targets.ts';

/**
 * Names of columns in the languages of the product's users (en, es, pt, fr, de, it, id, hi, ar, tr, zh), and those of the
 * usual exports. Within a field, the first are preferred where several columns match.
 */
const names: Readonly<Record<ContactTarget, readonly string[]>> = {
  phoneNumber: [
    ...['phone number', 'phonenumber', 'whatsapp', 'whatsapp number', 'whatsapp phone', 'número de whatsapp'],
    ...[
      'numero whatsapp',
      'nomor whatsapp',
      'no whatsapp',
      'no wa',
      'nomor wa',
      'whatsapp nummer',
      'whatsapp numarası',
    ],
    ...['व्हाट्सएप', 'व्हाट्सऐप नंबर', 'واتساب', 'رقم واتساب', 'رقم الواتساب', 'whatsapp号码', 'whatsapp 号码'],
    ...[
      'mobile',
      'mobile phone',
      'mobile number',
      'mobile phone number',
      'cell',
      'cell phone',
      'cellphone',
      'msisdn',
    ],
    ...[
      'móvil',
      'teléfono móvil',
      'celular',
      'número de celular',
      'telemóvel',
      'telefone celular',
      'portable',
    ],
    ...[
      'téléphone portable',
      'téléphone mobile',
      'handy',
      'handynummer',
      'mobil',
      'mobilnummer',
      'mobiltelefon',
    ],
    ...['cellulare', 'telefono cellulare', 'hp', 'no hp', 'nomor hp', 'handphone', 'ponsel', 'nomor ponsel'],
    ...[
      'मोबाइल',
      'मोबाइल नंबर',
      'جوال',
      'الجوال',
      'رقم الجوال',
      'موبايل',
      'محمول',
      'cep',
      'cep telefonu',
      'gsm',
    ],
    ...['手机', '手机号', '手机号码', '手機', '手機號碼', '移动电话'],
    ...['phone', 'telephone', 'tel', 'phone no', 'phone 1', 'phone 1 value', 'contact number', 'number'],
    ...['teléfono', 'número de teléfono', 'número', 'telefone', 'número de telefone', 'fone', 'téléphone'],
    ...['numéro de téléphone', 'numéro', 'telefon', 'telefonnummer', 'rufnummer', 'nummer', 'telefono'],
    ...[
      'numero di telefono',
      'numero',
      'telepon',
      'nomor telepon',
      'no telepon',
      'no telp',
      'nomor',
      'फ़ोन',
      'फोन',
    ],
    ...[
      'फ़ोन नंबर',
      'फोन नंबर',
      'هاتف',
      'الهاتف',
      'رقم الهاتف',
      'telefon numarası',
      'telefon no',
      '电话',
      '电话号码',
    ],
    ...['電話', '電話號碼', 'home phone', 'work phone', 'business phone'],
  ],
  whatsappId: ['whatsapp id', 'whatsappid', 'wa id', 'waid'],
  businessScopedUserId: ['business scoped user id', 'businessscopeduserid', 'bsuid'],
  name: [
    ...[
      'name',
      'full name',
      'fullname',
      'contact name',
      'contact',
      'display name',
      'customer name',
      'customer',
    ],
    ...[
      'nombre completo',
      'nombre y apellidos',
      'nombre',
      'nome completo',
      'nome',
      'nom complet',
      'nom et prénom',
    ],
    ...['vollständiger name', 'kunde', 'cliente', 'nome e cognome', 'nama lengkap', 'nama', 'पूरा नाम', 'नाम'],
    ...[
      'الاسم الكامل',
      'الاسم',
      'اسم',
      'ad soyad',
      'adı soyadı',
      'isim',
      'müşteri',
      '姓名',
      '名称',
      '名稱',
      '联系人',
    ],
  ],
  firstName: [
    ...[
      'first name',
      'firstname',
      'given name',
      'forename',
      'primer nombre',
      'nombres',
      'primeiro nome',
      'prénom',
    ],
    ...['vorname', 'nome proprio', 'nama depan', 'पहला नाम', 'الاسم الأول', 'ad', 'adı', '名', '名字'],
  ],
  lastName: [
    ...['last name', 'lastname', 'family name', 'surname', 'apellido', 'apellidos', 'sobrenome', 'apelido'],
    ...['nom de famille', 'nachname', 'familienname', 'cognome', 'nama belakang', 'उपनाम', 'अंतिम नाम'],
    ...['اسم العائلة', 'الكنية', 'soyad', 'soyadı', '姓', '姓氏'],
  ],
  tags: [
    ...[
      'tags',
      'tag',
      'labels',
      'label',
      'groups',
      'group',
      'etiquetas',
      'etiqueta',
      'étiquettes',
      'étiquette',
    ],
    ...['schlagwörter', 'schlagworte', 'etiketten', 'etichette', 'label kontak', 'टैग', 'وسوم', 'الوسوم'],
    ...['etiketler', 'etiket', '标签', '標籤', 'group membership'],
  ],
  timezone: [
    ...['time zone', 'timezone', 'tz', 'zona horaria', 'huso horario', 'fuso horário', 'fuseau horaire'],
    ...[
      'zeitzone',
      'fuso orario',
      'zona waktu',
      'समय क्षेत्र',
      'المنطقة الزمنية',
      'saat dilimi',
      '时区',
      '時區',
    ],
  ],
  optInStatus: [
    ...[
      'opt in',
      'optin',
      'opt in status',
      'optinstatus',
      'consent',
      'consent status',
      'subscribed',
      'subscription',
    ],
    ...['consentimiento', 'suscrito', 'consentimento', 'inscrito', 'consentement', 'abonné', 'einwilligung'],
    ...[
      'zustimmung',
      'consenso',
      'iscritto',
      'persetujuan',
      'berlangganan',
      'सहमति',
      'موافقة',
      'الموافقة',
      'onay',
    ],
    ...['izin', '同意', '订阅', '訂閱'],
  ],
};

interface KnownName {
  readonly field: ContactTarget;
  /** Smaller is preferred. */
  readonly rank: number;
}

const known: ReadonlyMap<string, KnownName> = new Map(
  Object.entries(names).flatMap(([field, list]) =>
    list.map((name, rank) => [normaliseHeader(name), { field: field as ContactTarget, rank }] as const),
  ),
);

/** The field of a contact that a header names; undefined for others. */
export const fieldOfHeader = (header: string): KnownName | undefined => known.get(normaliseHeader(header));
