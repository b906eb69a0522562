import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET); // whsec_…
async function receive(request, response) {
  const { type, sequence, data } = webhook.verify(String(await buffer(request)), request.headers);
  console.log(type, sequence, data.call?.id ?? data.call_id);
  response.writeHead(204).end();
}
createServer((request, response) => {
  receive(request, response).catch(() => response.writeHead(400).end()); // not from VOCA
}).listen(Number(process.env.PORT ?? 3000));
