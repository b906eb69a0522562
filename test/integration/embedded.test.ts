import { expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { freshDatabase, stack } from './stack.ts';

test('the shared stack answers', async () => {
  const database = await freshDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await client.end();
  await database.drop();
  const connection = await Connection.connect({ address: stack().temporalAddress });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({
    namespace: stack().namespace,
  });
  expect(Object.keys(customAttributes ?? {})).toContain('VocaStatus');
  await connection.close();
});
