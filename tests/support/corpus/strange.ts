/**
 * A body with a key that nobody knows, and with `__proto__`, in each of its objects, also in JSON that stands in a text. All
 * names but `__proto__` and all values occur only once in a run with different marks.
 */
export function withStrangeKeys(body: string, mark: string): string {
  let count = 0;
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return value.startsWith('{') ? filledText(value) : value;
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== 'object' || value === null) return value;
    count += 1;
    const id = `${mark}_${count}`;
    const parts = Object.entries(value).map(([key, part]): [string, unknown] => [key, fill(part)]);
    return Object.fromEntries([...parts, [`strange_${id}`, `value ${id}`], ['__proto__', `proto ${id}`]]);
  };
  const filledText = (text: string): string => {
    try {
      return JSON.stringify(fill(JSON.parse(text)));
    } catch {
      return text;
    }
  };
  return JSON.stringify(fill(JSON.parse(body)));
}
