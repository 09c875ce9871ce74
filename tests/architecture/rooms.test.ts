import assert from 'node:assert/strict';
import { circlesOf, floorOf, floors, importGraph, readImports, roomOf, type Import } from './imports.ts';

const imports = readImports();

/** Rooms that are each other's floor neighbours still may not form a circle; this only judges the direction. */
const isUpward = ({ from, to }: Import): boolean => {
  const [lower, upper] = [floorOf(from), floorOf(to)];
  return lower !== null && upper !== null && lower < upper;
};

const describeUpward = ({ from, to }: Import): string =>
  `${roomOf(from)} (floor ${floorOf(from)}) imports ${roomOf(to)} (floor ${floorOf(to)}): ${from} imports ${to}`;

const own = (lines: readonly Import[]) => lines.filter(({ isPackage }) => !isPackage);

/** One text for each circle: its rooms, and every import between them. */
const roomCircles = (lines: readonly Import[]): string[] => circlesOf(importGraph(own(lines), roomOf));

const fileCircles = (lines: readonly Import[]): string[] =>
  circlesOf(importGraph(own(lines), (file) => file));

describe('architecture › rooms', () => {
  it('every folder of src › stands on a floor', () => {
    const known = new Set<string>(floors.flat());
    const unknown = own(imports)
      .map(({ from }) => from.split('/'))
      .flatMap(([top, area]) => (top === 'src' && area !== undefined && !known.has(area) ? [area] : []));
    assert.deepEqual([...new Set(unknown)], []);
  });

  it('an arrow › never points up to a higher floor', () => {
    assert.deepEqual(own(imports).filter(isUpward).map(describeUpward), []);
  });

  it('two rooms › never import each other in a circle, types included', () => {
    const circles = roomCircles(imports);
    assert.deepEqual(circles, [], circles.join('\n'));
  });

  it('two files › never import each other in a circle, types included', () => {
    const circles = fileCircles(imports);
    assert.deepEqual(circles, [], circles.join('\n'));
  });
});

const line = (from: string, to: string): Import => ({ from, to, isTypeOnly: true, isPackage: false });

describe('architecture › the judgement of rooms', () => {
  it('a type from a higher floor › names both rooms and the import', () => {
    const upward = line('src/people/leads/use-cases.ts', 'src/inbox/conversations/reader.ts');
    assert.ok(isUpward(upward));
    assert.equal(
      describeUpward(upward),
      'people/leads (floor 3) imports inbox/conversations (floor 4): ' +
        'src/people/leads/use-cases.ts imports src/inbox/conversations/reader.ts',
    );
  });

  it('two nouns of one area that import each other › are a circle that names both and the imports', () => {
    const there = line('src/identity/users/a.ts', 'src/identity/sessions/b.ts');
    const back = line('src/identity/sessions/c.ts', 'src/identity/users/d.ts');
    assert.deepEqual(roomCircles([there]), []);
    assert.deepEqual(roomCircles([there, back]), [
      'identity/sessions, identity/users import each other:\n' +
        '  src/identity/sessions/c.ts imports src/identity/users/d.ts\n' +
        '  src/identity/users/a.ts imports src/identity/sessions/b.ts',
    ]);
  });

  it('a circle over three rooms of the tools › is found', () => {
    const circle = [
      line('bench/load/a.ts', 'bench/stage/b.ts'),
      line('bench/stage/b.ts', 'bench/cases/c.ts'),
      line('bench/cases/d.ts', 'bench/load/e.ts'),
    ];
    assert.equal(roomCircles(circle).length, 1);
    assert.equal(roomCircles(circle.slice(1)).length, 0);
  });
});
