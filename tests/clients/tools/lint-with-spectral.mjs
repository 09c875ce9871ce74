// Checks an OpenAPI document by Spectral's own rules: node lint-with-spectral.mjs <document.json>
import { readFile } from 'node:fs/promises';
import spectralCore from '@stoplight/spectral-core';
import spectralRulesets from '@stoplight/spectral-rulesets';

const spectral = new spectralCore.Spectral();
// Every recommended rule of the `oas` set. An exception goes into `rules`, with its reason beside it; there is none.
spectral.setRuleset({ extends: [spectralRulesets.oas], rules: {} });

const [, , file] = process.argv;
const results = await spectral.run(JSON.parse(await readFile(file, 'utf8')));
for (const { code, path, message } of results) console.log(`${code} at ${path.join('/')}: ${message}`);
process.exitCode = results.length === 0 ? 0 : 1;
