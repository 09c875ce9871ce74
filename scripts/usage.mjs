// The texts that the commands print for --help. The bootstrap prints them before it installs or starts anything. Proofs
// print their own.
const usages = {
  'scripts/start.ts': {
    text: `npm start: MongoDB, Temporal, API, worker, a sandbox provider and a mail catcher, with a demo client.
Ctrl-C stops them all; the next start continues with the same data, in .data/.

It has no options. Variables of the shell or of .env set it up (.env.example has them all), for example:
  PORT=4100 npm start                    another port for the API; taken ports are replaced by free ones
  MONGODB_URI=mongodb://… npm start      your own MongoDB; TEMPORAL_ADDRESS names your own Temporal
  WHATSAPP_PROVIDER=cloud npm start      Meta's Cloud API instead of the sandbox

npm run doctor checks the set-up and says how to repair it.`,
  },
  'scripts/doctor.ts': {
    text: `npm run doctor: checks what npm start needs, judges .env and the shell, and says how to repair what is wrong.
It changes nothing, and ends with 1 if something is missing or wrong. It has no options.`,
  },
  'scripts/build.ts': {
    text: 'npm run build: compiles the product into dist/, unless that is up to date. It has no options.',
  },
  'scripts/check.ts': {
    text: 'npm run check: checks format, lint, types, unused code and file sizes; changes nothing. It has no options.',
  },
  'scripts/test.ts': {
    text: `npm test: all tests, against a MongoDB and a Temporal server of its own.
  npm test -- tests/unit                      a folder
  npm test -- tests/e2e/send.test.ts          a file
  npm test -- --grep 'lifecycle'              by name; also mocha's --bail and --timeout
docs/testing.md says more.`,
    takesArguments: true,
  },
  'scripts/docs.ts': {
    text: `npm run docs: writes the generated pages of docs/.
  --check      writes nothing, and ends with 1 if a page is outdated`,
    takesArguments: true,
  },
  'scripts/bench.ts': {
    text: `npm run bench: measures what a message costs; all short benchmarks, or those that are named (Linux).
  npm run bench -- b1 b4 --rounds 3
docs/benchmarks.md describes them; bench/options.ts has every option.`,
    takesArguments: true,
  },
  'scripts/screenshot.ts': {
    text: 'npm run screenshot: takes the pictures of docs/images from the running npm start. It has no options.',
  },
  'tests/support/record-histories.ts': {
    text: `npm run histories: records every path of a workflow for the replay tests; only for a new version of it.
  npm run histories -- import-contacts-v1`,
    takesArguments: true,
  },
};

/**
 * What to print instead of running the command; null to run it. A command without options refuses arguments, so that
 * nobody believes they have an effect.
 */
export function answerArguments(entry, args) {
  const usage = usages[entry];
  if (usage === undefined) return null;
  if (args.includes('--help') || args.includes('-h')) return { text: usage.text, isError: false };
  if (usage.takesArguments === true || args.length === 0) return null;
  return { text: `Unknown argument: ${args.join(' ')}\n\n${usage.text}`, isError: true };
}
