// The one reader of .env, for every command. Plain JavaScript, because the commands that start one process of the build
// run without TypeScript.
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

const blankOrComment = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const assignment =
  /[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*(?:("[^"]*"|'[^']*'|`[^`]*`)[ \t]*(?:#[^\n]*)?|((?:[^"'`\s][^\n]*)?))(?:\n|$)/y;
const restOfLine = /[^\n]*(?:\n|$)/y;

/**
 * Reads the text of an environment file: `NAME=value`, blanks around both, `export` before, quotes around the value, a
 * comment behind it. Node's parser reads the values. It does not find the lines: it joins a line without `=` to the next
 * one, and keeps blanks after `export`.
 */
export function parseEnvText(text) {
  const source = text.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
  const values = new Map();
  const unreadableLines = [];
  let line = 1;
  for (let at = 0; at < source.length;) {
    const part = matchAt(blankOrComment, source, at) ?? matchAt(assignment, source, at);
    if (part === null) unreadableLines.push(line);
    const [whole, name, quoted, plain = ''] = part ?? matchAt(restOfLine, source, at);
    if (name !== undefined) values.set(name, valueOf(quoted ?? plain, quoted !== undefined));
    line += whole.split('\n').length - 1;
    at += whole.length;
  }
  return { values: Object.fromEntries(values), unreadableLines };
}

/**
 * Reads the file into the environment. Variables that are already set keep their value, also an empty one: `shadowed` has
 * their names.
 */
export function loadEnvFile(file, env) {
  const { values, unreadableLines } = parseEnvText(existsSync(file) ? readFileSync(file, 'utf8') : '');
  const shadowed = new Set(Object.keys(values).filter((name) => env[name] !== undefined));
  for (const [name, value] of Object.entries(values)) if (!shadowed.has(name)) env[name] = value;
  return { values, unreadableLines, shadowed };
}

/** Names the line alone: its text may hold a secret. */
export const describeUnreadable = (line) => `line ${line} of .env is not NAME=value and has no effect`;

function matchAt(pattern, source, at) {
  pattern.lastIndex = at;
  return pattern.exec(source);
}

function valueOf(raw, isQuoted) {
  const value = parseEnv(`VALUE=${raw}`)['VALUE'] ?? '';
  return isQuoted ? value : value.trim();
}
