import assert from 'node:assert/strict';
import { isQuietMinute, minuteOf, wordIssues } from '../../../../src/consent/sending-policy/rules.ts';

describe('rules of a sending policy', () => {
  it('a time › minutes since midnight', () => {
    assert.deepEqual(['00:00', '09:05', '23:59'].map(minuteOf), [0, 545, 1_439]);
  });

  it('quiet hours within a day › from the first minute to the one before the end, on their days', () => {
    const lunch = { from: '12:00', to: '13:30', days: ['mon', 'sun'] } as const;
    const quiet = (weekday: number, time: string) => isQuietMinute(lunch, weekday, minuteOf(time));
    assert.deepEqual(
      ['11:59', '12:00', '13:29', '13:30'].map((time) => quiet(1, time)),
      [false, true, true, false],
    );
    assert.deepEqual([quiet(2, '12:30'), quiet(7, '12:30')], [false, true]);
  });

  it('quiet hours over midnight › belong to the day on which they begin', () => {
    const night = { from: '21:00', to: '09:00', days: ['sun'] } as const;
    const quiet = (weekday: number, time: string) => isQuietMinute(night, weekday, minuteOf(time));
    assert.deepEqual([quiet(7, '20:59'), quiet(7, '21:00'), quiet(1, '08:59')], [false, true, true]);
    assert.deepEqual([quiet(1, '09:00'), quiet(7, '08:59'), quiet(1, '21:00')], [false, false, false]);
    assert.equal(isQuietMinute({ from: '21:00', to: '09:00' }, 3, minuteOf('03:00')), true);
  });

  it('own keywords › valid ones have no issue; each invalid one is named', () => {
    assert.deepEqual(wordIssues({}), []);
    assert.deepEqual(wordIssues({ stopWords: { de: ['Ende'] }, startWords: { de: ['Weiter'] } }), []);
    const both = 'Must not be both a stop and a start word.';
    assert.deepEqual(
      wordIssues({
        stopWords: { de: ['🛑', 'Ende'], en: ['Start!'] },
        startWords: { de: ['weiter', 'ENDE'] },
      }),
      [
        { path: 'stopWords.de.0', message: 'Must contain a letter or a digit.' },
        { path: 'stopWords.de.1', message: both },
        { path: 'stopWords.en.0', message: both },
        { path: 'startWords.de.1', message: both },
      ],
    );
  });

  it('replaced default keywords › may be dropped, but one stop keyword stays', () => {
    const languages = ['en', 'es', 'pt', 'fr', 'de', 'it', 'id', 'hi', 'ar', 'tr', 'zh'];
    const none = Object.fromEntries(languages.map((language) => [language, []]));
    const issues = wordIssues({ stopWords: none, replacesDefaults: true });
    assert.deepEqual(issues, [{ path: 'stopWords', message: 'Must leave at least one stop word.' }]);
    assert.deepEqual(wordIssues({ stopWords: { ...none, en: ['stop'] }, replacesDefaults: true }), []);
  });
});
