// For containers, which have no curl: exits with 0 if the address answers 200.
//   node deploy/healthcheck.mjs http://127.0.0.1:4000/readyz
const timeoutMs = 4_000;
const url = process.argv[2] ?? '';
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
} catch (error) {
  console.error(`${url}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
