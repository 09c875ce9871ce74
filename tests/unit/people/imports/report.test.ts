import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { lineOf, reportHead, reportLineOf } from '../../../../src/people/imports/report-lines.ts';
import type { ImportRowDoc } from '../../../../src/people/imports/stored-rows/model.ts';
import { newId } from '../../../../src/platform/ids.ts';

const row: ImportRowDoc = {
  ...{ _id: newId(), clientId: newId(), importId: newId(), analysis: 1, n: 3, line: 4 },
  values: { phoneNumber: '+4915112345678', name: '=cmd()', customFields: {} },
  faults: [
    { code: 'phone-scientific', column: 0, cell: '4.9E+11' },
    { code: 'date-invalid', column: 5, cell: 'x' },
  ],
  ...{ keys: [], hasEarlier: false, outcome: 'invalid', isChangedSince: true },
  plan: { kind: 'create', codes: [], notices: [] },
  result: {
    ...{ kind: 'invalid', codes: ['field-refused'], notices: ['consent-kept'] },
    issues: [{ path: 'plan', message: 'This custom field is required.' }],
  },
};

describe('imports › report', () => {
  it('a row › what became of it, with the cells that could not be read', () => {
    const [cells] = parse(reportLineOf(row, [{ column: 0, target: 'phoneNumber' }])) as string[][];
    assert.deepEqual(cells, [
      ...['4', 'invalid', 'create', 'field-refused', 'consent-kept'],
      'phoneNumber: phone-scientific (4.9E+11); column 6: date-invalid (x); plan: This custom field is required.; ' +
        'The contact has changed since the dry run.',
      ...["'+4915112345678", '', '', "'=cmd()", '', ''],
    ]);
    assert.equal(cells.length, (parse(reportHead, { bom: true }) as string[][])[0]?.length);
  });

  it('a row that is only planned › its plan; one that is undone, what that did', () => {
    const { result: _result, isChangedSince: _since, ...rest } = row;
    const planned = { ...rest, faults: [], values: { customFields: {} }, outcome: 'pending' } as const;
    const [cells] = parse(reportLineOf({ ...planned, contactId: row._id, undo: 'kept' }, [])) as string[][];
    assert.deepEqual(cells?.slice(1), [
      ...['pending', 'create', '', '', '', '', '', '', '', row._id.toHexString(), 'kept'],
    ]);
    const { plan: _plan, ...bare } = planned;
    assert.equal((parse(reportLineOf(bare, [])) as string[][])[0]?.[2], '');
  });

  it('any texts › are read back as they are, and no cell begins like a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (texts) => {
        const [cells = []] = parse(lineOf(texts), { relax_column_count: true }) as string[][];
        for (const [place, cell] of cells.entries()) {
          assert.ok(!/^[=+\-@\t\r]/.test(cell));
          assert.equal(
            cell.replace(/^'(?=[=+\-@\t\r])/, ''),
            (texts[place] ?? '').replace(/^'(?=[=+\-@\t\r])/, ''),
          );
        }
      }),
    );
  });
});
