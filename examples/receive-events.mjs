import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET); // whsec_…
createServer(async (request, response) => {
  try {
    const event = webhook.verify(await text(request), request.headers);
    console.log(event.type, event.sequence, event.data.call?.id ?? event.data.call_id);
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end(); // not from VOCA: nothing is believed
  }
}).listen(Number(process.env.PORT ?? 3000));
