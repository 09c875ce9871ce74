import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { files } from './imports.ts';

const maxAppFiles = 12;

const sources = files
  .filter((file) => file.startsWith('src/'))
  .map((file) => ({ file, text: readFileSync(join(rootDir, file), 'utf8') }));

const isWiring = (file: string): boolean => /^src\/(app\/.+|[a-z]+\/build)\.ts$/.test(file);

/** Where each repository is constructed: `createTagRepository(`, without the line that declares it. */
function constructionsIn(texts: readonly { file: string; text: string }[]): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const { file, text } of texts) {
    for (const [, declared, name = ''] of text.matchAll(/(function )?\b(create[A-Za-z]+Repository)\(/g)) {
      if (declared === undefined) places.set(name, [...(places.get(name) ?? []), file]);
    }
  }
  return places;
}

/** Lists may be put together (`...people.routes(…)`, `...core.loops`, `...sla.timerHandlers`); a bag of dependencies is named one by one. */
const spreadBags = (text: string): string[] =>
  [...text.matchAll(/(?<![.\w])\.\.\.([a-zA-Z.]+)(?! \} =)\b/g)]
    .map(([, name = '']) => name)
    .filter((name) => !/(routes|loops?|health|timerHandlers)$/i.test(name));

describe('architecture › wiring', () => {
  it(`src/app › has at most ${maxAppFiles} files`, () => {
    const found = sources.filter(({ file }) => file.startsWith('src/app/')).map(({ file }) => file);
    assert.ok(found.length > 4 && found.length <= maxAppFiles, found.join(', '));
  });

  it('a repository › is constructed in one place, by the area that owns it', () => {
    const places = constructionsIn(sources);
    assert.ok(places.size > 10, 'the repositories were found');
    for (const [name, found] of places) {
      assert.equal(found.length, 1, `${name} is constructed in ${found.join(' and ')}`);
      assert.doesNotMatch(found[0] ?? '', /^src\/(app|bin)\//, `${name} belongs to its area`);
    }
  });

  it('src/app and every build.ts › hand over what they name, never a whole bag', () => {
    const wiring = sources.filter(({ file }) => isWiring(file));
    assert.ok(wiring.length > 12, 'the files were found');
    const broken = wiring.flatMap(({ file, text }) =>
      spreadBags(text).map((name) => `${file} spreads ${name}`),
    );
    assert.deepEqual(broken, []);
  });

  it('the rules themselves › notice what they are there for', () => {
    const twice = ['a', 'b'].map((file) => ({ file, text: 'tags: createTagRepository(mongo),' }));
    assert.deepEqual(constructionsIn(twice).get('createTagRepository'), ['a', 'b']);
    const declaration = { file: 'a', text: 'export function createTagRepository(connection) {' };
    assert.equal(constructionsIn([declaration]).size, 0);
    assert.deepEqual(spreadBags('{ ...core, x } [...people.routes({ users }), ...core.loops]'), ['core']);
    assert.deepEqual(spreadBags('build({ ...deps.parts })'), ['deps.parts']);
  });
});
