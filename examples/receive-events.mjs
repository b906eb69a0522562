import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET); // whsec_…
createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    try {
      const event = webhook.verify(Buffer.concat(parts).toString(), request.headers);
      console.log(event.type, event.sequence, event.data.call?.id ?? event.data.call_id);
      response.writeHead(204).end();
    } catch {
      response.writeHead(400).end(); // not from VOCA: nothing is believed
    }
  });
}).listen(Number(process.env.PORT ?? 3000));
