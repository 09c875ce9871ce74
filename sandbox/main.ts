import { SettingError } from './setting-readers.ts';
import { startSandbox } from './server.ts';

const { env } = process;

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new SettingError('SANDBOX_PORT', 'must be a port number');
  return port;
}

function readSecret(text: string | undefined): string {
  if (text === undefined || text === '') throw new SettingError('SANDBOX_APP_SECRET', 'is required');
  return text;
}

function readLimits(text: string | undefined): 'none' | 'meta' {
  if (text === undefined || text === '' || text === 'none') return 'none';
  if (text === 'meta') return 'meta';
  throw new SettingError('SANDBOX_LIMITS', 'must be none or meta');
}

const log = (level: 'info' | 'fatal', fields: object): void => {
  process.stdout.write(
    `${JSON.stringify({ level, time: new Date().toISOString(), name: 'sandbox', ...fields })}\n`,
  );
};

try {
  const webhookUrl = env['SANDBOX_WEBHOOK_URL'] ?? 'http://localhost:4000/webhook/incoming';
  const sandbox = await startSandbox({
    host: env['SANDBOX_HOST'] ?? 'localhost',
    port: readPort(env['SANDBOX_PORT'] ?? '4010'),
    dataDir: env['SANDBOX_DATA_DIR'] ?? '.data/sandbox',
    webhookUrl,
    appSecret: readSecret(env['SANDBOX_APP_SECRET']),
    verifyToken: env['SANDBOX_VERIFY_TOKEN'] ?? '',
    behaviour: { limits: readLimits(env['SANDBOX_LIMITS']) },
  });
  log('info', { msg: 'listening', url: sandbox.url, webhookUrl });
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      log('info', { msg: 'stopping', signal });
      void sandbox.stop();
    });
  }
} catch (error) {
  log('fatal', { msg: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
