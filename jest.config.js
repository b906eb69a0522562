const swc = [
  '@swc/jest',
  {
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

const shared = {
  testEnvironment: '<rootDir>/test/native-arrays-environment.js',
  transform: { '^.+\\.ts$': swc },
};

/** Tests that start whole processes: a project of their own, so that the others can be run without them. */
const PROCESS_TESTS = [
  'api-calls',
  'bench',
  'check-numbers',
  'cli-api',
  'cli-webhooks',
  'delivery-kills',
  'drills',
  'faults',
  'media-drain',
  'media-worker',
  'observability',
  'reconcile',
  'schemathesis',
  'stream-abuse',
  'stream-conversations',
  'stream-drills',
  'stream-long',
  'stream-models',
  'stream-sealed',
  'stream-speech-failures',
  'versions',
].map((name) => `<rootDir>/test/integration/${name}.test.ts`);

const servers = {
  ...shared,
  globalSetup: '<rootDir>/test/integration/global-setup.ts',
  globalTeardown: '<rootDir>/test/integration/global-teardown.ts',
};

// "unit" needs no server. For "integration" and "processes" each worker process of Jest has a real
// PostgreSQL and a real Temporal (test/integration/global-setup.ts), which its files share one after the
// other, so that several files can run side by side (scripts/verify.js).
export default {
  testSequencer: '<rootDir>/test/integration/sequencer.js',
  // Whole calls take their time on a busy machine; nothing here measures speed.
  testTimeout: 120_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/integration/'],
    },
    {
      ...servers,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...PROCESS_TESTS],
    },
    { ...servers, displayName: 'processes', testMatch: PROCESS_TESTS },
  ],
};
