import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { rootDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';

/** A situation that is played to one alert. */
export interface AlertCase {
  readonly situation: string;
  /** The values of each series, a value every 15 s from 0 s on, in promtool's notation (`0x4 1+2x10`, `_` is missing). */
  readonly series: Readonly<Record<string, string>>;
  /** How many instances of the alert fire at a time; with `by`, the values of that label instead. */
  readonly firing: Readonly<Record<string, number | readonly string[]>>;
  readonly by?: string;
}

export type AlertCases = Readonly<Record<string, readonly AlertCase[]>>;

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}

const file = parse(readFileSync(join(rootDir, 'deploy/prometheus/alerts.yml'), 'utf8')) as RuleFile;

/** The rules of the product, as they are deployed. */
export const rules = file.groups.flatMap((group) => group.rules);

export interface PlayedCase extends AlertCase {
  readonly alert: string;
}

/** Plays cases with promtool; null if all is as expected, otherwise what promtool says. */
export async function playAlerts(promtool: string, cases: readonly PlayedCase[]): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'alert-'));
  try {
    const alerts = [...new Set(cases.map(({ alert }) => alert))];
    const files = await Promise.all(alerts.map((alert) => writeTest(folder, alert, cases)));
    const { code, output } = await runCommand(promtool, ['test', 'rules', ...files], 120_000);
    return code === 0 ? null : output;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes the cases of one alert beside a file with its rule alone: promtool evaluates every rule of a file. */
async function writeTest(folder: string, alert: string, cases: readonly PlayedCase[]): Promise<string> {
  const rule = rules.find((one) => one.alert === alert);
  const [ruleFile, testFile] = [join(folder, `${alert}.yml`), join(folder, `${alert}.test.yml`)];
  await writeFile(
    ruleFile,
    stringify({ groups: [{ name: alert, rules: rule === undefined ? [] : [rule] }] }),
  );
  const tests = cases.filter((one) => one.alert === alert).map(testOf);
  await writeFile(testFile, stringify({ rule_files: [ruleFile], evaluation_interval: '15s', tests }));
  return testFile;
}

function testOf({ alert, series, firing, by }: PlayedCase) {
  const grouping = by === undefined ? '' : ` by (${by}) `;
  const expr = `count${grouping}(ALERTS{alertname="${alert}",alertstate="firing"})`;
  return {
    interval: '15s',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: Object.entries(firing).map(([evalTime, expected]) => ({
      expr,
      eval_time: evalTime,
      exp_samples: samplesOf(expected, by),
    })),
  };
}

function samplesOf(expected: number | readonly string[], by: string | undefined) {
  if (typeof expected === 'number') return expected === 0 ? [] : [{ labels: '{}', value: expected }];
  return expected.map((value) => ({ labels: `{${by}="${value}"}`, value: 1 }));
}
