import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET); // whsec_…
createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  try {
    const { type, sequence, data } = webhook.verify(body, request.headers);
    console.log(type, sequence ?? '', data.call?.id ?? data.call_id ?? '');
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end(); // not from VOCA: nothing is believed
  }
}).listen(Number(process.env.PORT ?? 3000));
