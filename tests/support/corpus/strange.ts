/**
 * A body with a key that nobody knows, and with `__proto__`, in each of its objects, also in JSON that stands in a text. All
 * names but `__proto__` and all values occur only once in a run with different marks.
 */
export const withStrangeKeys = (body: string, mark: string): string => filled(body, mark, () => true).text;

/** The same body again and again, each time with these keys in one other of its objects. */
export function* withOneStrangeObject(body: string, mark: string): Generator<string> {
  const { objects } = filled(body, mark, () => false);
  for (let chosen = 1; chosen <= objects; chosen += 1) {
    yield filled(body, mark, (object) => object === chosen).text;
  }
}

function filled(body: string, mark: string, isChosen: (object: number) => boolean) {
  let objects = 0;
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return value.startsWith('{') ? filledText(value) : value;
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== 'object' || value === null) return value;
    objects += 1;
    const object = objects;
    const id = `${mark}_${object}`;
    const parts = Object.entries(value).map(([key, part]): [string, unknown] => [key, fill(part)]);
    const strange = [
      [`strange_${id}`, `value ${id}`],
      ['__proto__', `proto ${id}`],
    ];
    return Object.fromEntries(isChosen(object) ? [...parts, ...strange] : parts);
  };
  const filledText = (text: string): string => {
    try {
      return JSON.stringify(fill(JSON.parse(text)));
    } catch {
      return text;
    }
  };
  return { text: JSON.stringify(fill(JSON.parse(body))), objects };
}
