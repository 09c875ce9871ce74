import { randomBytes } from 'node:crypto';
import { readJson, writeFileAtomically } from './files.ts';

export type RawEnvironment = Readonly<Record<string, string | undefined>>;

/** Every secret that the development stack needs, by variable name. */
export interface Secrets {
  readonly JWT_ACCESS_TOKEN_SECRET: string;
  readonly JWT_REFRESH_TOKEN_SECRET: string;
  readonly CREDENTIALS_KEY: string;
  readonly WEBHOOK_VERIFY_TOKEN: string;
  /** Comma separated; includes the secret that the sandbox signs with. */
  readonly WHATSAPP_APP_SECRETS: string;
  readonly SANDBOX_APP_SECRET: string;
}

type KeptSecrets = Omit<Secrets, 'WHATSAPP_APP_SECRETS'>;

/**
 * The secrets of the environment; missing ones are generated once and kept in the file, which only its owner may
 * read. They must not change: one of them encrypts the stored channel credentials.
 */
export function loadSecrets(file: string, env: RawEnvironment): Secrets {
  const kept = { ...makeSecrets(), ...readJson<Partial<KeptSecrets>>(file) };
  writeFileAtomically(file, `${JSON.stringify(kept, null, 2)}\n`, 0o600);
  return mergeSecrets(kept, env);
}

export function mergeSecrets(kept: KeptSecrets, env: RawEnvironment): Secrets {
  const pick = (name: keyof KeptSecrets) => env[name]?.trim() || kept[name];
  const sandboxSecret = pick('SANDBOX_APP_SECRET');
  const given = `${env['WHATSAPP_APP_SECRETS'] ?? ''},${env['WHATSAPP_APP_SECRET'] ?? ''}`.split(',');
  const accepted = new Set([...given.map((part) => part.trim()).filter(Boolean), sandboxSecret]);
  return {
    JWT_ACCESS_TOKEN_SECRET: pick('JWT_ACCESS_TOKEN_SECRET'),
    JWT_REFRESH_TOKEN_SECRET: pick('JWT_REFRESH_TOKEN_SECRET'),
    CREDENTIALS_KEY: pick('CREDENTIALS_KEY'),
    WEBHOOK_VERIFY_TOKEN: pick('WEBHOOK_VERIFY_TOKEN'),
    WHATSAPP_APP_SECRETS: [...accepted].join(','),
    SANDBOX_APP_SECRET: sandboxSecret,
  };
}

/** New ones. */
export function makeSecrets(): KeptSecrets {
  const secret = () => randomBytes(36).toString('base64url');
  return {
    JWT_ACCESS_TOKEN_SECRET: secret(),
    JWT_REFRESH_TOKEN_SECRET: secret(),
    CREDENTIALS_KEY: randomBytes(32).toString('base64'),
    WEBHOOK_VERIFY_TOKEN: secret(),
    SANDBOX_APP_SECRET: secret(),
  };
}
