// node save-history.js ADDRESS NAMESPACE CALL FILE: keeps the history of a closed call as JSON.
// A program of its own, because the SDK's conversion to JSON does not work inside Jest.
import { writeFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const [address, namespace, callId, file] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const handle = new Client({ connection, namespace }).workflow.getHandle(callId);
await handle.result();
const history = JSON.parse(historyToJSON(await handle.fetchHistory()));
writeFileSync(file, `${JSON.stringify(history)}\n`);
await connection.close();
