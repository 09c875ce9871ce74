import assert from 'node:assert/strict';
import fc from 'fast-check';
import { columnsOf, findHeader } from '../../../../src/people/imports/mapping/headers.ts';
import { proposeMapping } from '../../../../src/people/imports/mapping/propose.ts';
import { targetKey, type FieldDefinition } from '../../../../src/people/imports/mapping/targets.ts';

const definitions: readonly FieldDefinition[] = [
  { key: 'city', label: 'Home town', type: 'text' },
  { key: 'orders', label: 'Orders', type: 'number' },
  { key: 'one', label: 'Twice', type: 'text' },
  { key: 'two', label: 'twice', type: 'text' },
];

/** The target of each column, and why. */
function proposed(header: readonly string[], sample: readonly (readonly string[])[] = []) {
  const proposals = proposeMapping(columnsOf(header), definitions, sample);
  return proposals.map(({ target, because, isTaken }) =>
    target === undefined ? (isTaken === true ? 'taken' : '') : `${targetKey(target)} by ${because}`,
  );
}

describe('proposed mapping of columns', () => {
  const headers: readonly (readonly string[])[] = [
    ['Phone number', 'First name', 'Last name', 'Tags', 'Consent'],
    ['Teléfono móvil', 'Nombres', 'Apellidos', 'Etiquetas', 'Consentimiento'],
    ['Celular', 'Primeiro nome', 'Sobrenome', 'Etiqueta', 'Consentimento'],
    ['Téléphone portable', 'Prénom', 'Nom de famille', 'Étiquettes', 'Consentement'],
    ['Handynummer', 'Vorname', 'Nachname', 'Schlagwörter', 'Einwilligung'],
    ['Cellulare', 'Nome proprio', 'Cognome', 'Etichette', 'Consenso'],
    ['No. HP', 'Nama depan', 'Nama belakang', 'Tag', 'Persetujuan'],
    ['मोबाइल नंबर', 'पहला नाम', 'उपनाम', 'टैग', 'सहमति'],
    ['رقم الجوال', 'الاسم الأول', 'اسم العائلة', 'وسوم', 'موافقة'],
    ['Cep Telefonu', 'Adı', 'Soyadı', 'Etiketler', 'İzin'],
    ['手机号码', '名字', '姓氏', '标签', '同意'],
  ];
  for (const header of headers) {
    it(`${header.join(', ')} › every column has its field`, () => {
      assert.deepEqual(proposed(header), [
        ...['phoneNumber by header', 'firstName by header', 'lastName by header'],
        ...['tags by header', 'optInStatus by header'],
      ]);
    });
  }

  it('custom fields › are found by key, then by label, and not by a label of two', () => {
    assert.deepEqual(proposed(['CITY', 'home_town', 'orders', 'Twice', 'else']), [
      ...['customFields.city by key', 'taken', 'customFields.orders by key', '', ''],
    ]);
    assert.deepEqual(proposed(['Home town']), ['customFields.city by label']);
  });

  it('several columns of one field › the one for WhatsApp, then mobile numbers, wins', () => {
    assert.deepEqual(proposed(['Home Phone', 'Mobile Phone', 'WhatsApp']), [
      'taken',
      'taken',
      'phoneNumber by header',
    ]);
    assert.deepEqual(proposed(['Home Phone', 'Mobile Phone']), ['taken', 'phoneNumber by header']);
    assert.deepEqual(proposed(['Phone', 'phone']), ['phoneNumber by header', 'taken']);
  });

  it('a whole name beside its parts › is the name', () => {
    assert.deepEqual(proposed(['Name', 'Given Name', 'Family Name']), ['name by header', 'taken', 'taken']);
  });

  it('no header for a number › the column of numbers, by its content', () => {
    const sample = [
      ['1', '+4915112345601', 'a'],
      ['2', '0151 12345602', ''],
    ];
    assert.deepEqual(proposed(['id', 'x', 'y'], sample), ['', 'phoneNumber by content', '']);
    assert.deepEqual(proposed(['id', 'x', 'y'], [['1', '', 'a']]), ['', '', '']);
  });

  it('any headers and cells › never throw, and no target has two columns', () => {
    const header = fc.array(
      fc.oneof(fc.string(), fc.constantFrom(...headers.flat(), 'city', '__proto__', '')),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(header, fc.array(fc.array(fc.string()), { maxLength: 4 }), (names, sample) => {
        const keys = proposeMapping(columnsOf(names), definitions, sample).flatMap(({ target }) =>
          target === undefined ? [] : [targetKey(target)],
        );
        assert.equal(new Set(keys).size, keys.length);
        findHeader([names, ...sample]);
      }),
    );
  });
});

describe('columns of a file', () => {
  it('any header › has unique names within the bounds', () => {
    const name = fc.oneof(
      fc.constantFrom('Phone', 'phone', 'Phone (2)', '', ' ', 'Column 2'),
      fc.string({ maxLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(name, { maxLength: 260 }), fc.nat(300), (header, width) => {
        const columns = columnsOf(header, width);
        assert.equal(columns.length, Math.min(200, Math.max(header.length, width)));
        assert.equal(new Set(columns.map((column) => column.name.toLowerCase())).size, columns.length);
      }),
    );
  });

  it('line breaks, byte order marks and long names › are cleaned and cut', () => {
    const columns = columnsOf(['\uFEFFPhone\nnumber ', 'x'.repeat(150)]);
    assert.deepEqual(
      columns.map(({ name, notice }) => [name, notice]),
      [
        ['Phone number', undefined],
        ['x'.repeat(100), 'shortened'],
      ],
    );
  });

  it('the first row › is a header unless it has data', () => {
    const found = [
      [
        ['Name', 'Phone'],
        ['A', '1'],
      ],
      [['A', '+4915112345601']],
      [['12', '34']],
      [['a@example.test', 'x']],
      [['Foo'], ['12']],
      [['Foo'], ['bar']],
      [],
    ].map((rows) => findHeader(rows));
    assert.deepEqual(
      found.map(({ hasHeader, certainty }) => `${hasHeader} ${certainty}`),
      [
        ...['true certain', 'false likely', 'false certain', 'false likely'],
        ...['true likely', 'true guess', 'true guess'],
      ],
    );
  });
});
