#!/usr/bin/env node
// The `voca` command: the same as `node scripts/run.js voca`.
process.argv.splice(2, 0, 'voca');
await import('./run.js');
