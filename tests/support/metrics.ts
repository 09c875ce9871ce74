import type { CrmMetrics } from '../../src/app/instruments.ts';

/** The value of one series of the page, `crm_x{label="word"}` without the process label; 0 if absent. */
export async function readMetric(metrics: CrmMetrics, series: string): Promise<number> {
  return readSeries(await metrics.render(), series);
}

export function readSeries(page: string, series: string): number {
  const wanted = partsOf(series);
  for (const line of page.split('\n')) {
    const [, name = '', value = ''] = /^(\S+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (partsOf(name) === wanted) return Number(value);
  }
  return 0;
}

/** The name and the labels in alphabetical order. */
function partsOf(series: string): string {
  const [name = '', labels = ''] = series.replace('}', '').split('{');
  const parts = labels.split(',').filter((label) => label !== '' && !label.startsWith('process='));
  return [name, ...parts.toSorted()].join(' ');
}
