/** The baseline of B10: server-sent events without the product. `POST /` writes its body to every stream. */
import { createServer, type ServerResponse } from 'node:http';

const { port } = JSON.parse(process.argv[2] ?? '{}') as { readonly port: number };
const streams = new Set<ServerResponse>();

createServer((request, response) => {
  if (request.url === '/api/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.write('event: ready\ndata: {}\n\n');
    streams.add(response);
    response.on('close', () => streams.delete(response));
    return;
  }
  if (request.method !== 'POST') {
    response.end();
    return;
  }
  let frame = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (frame += chunk));
  request.on('end', () => {
    for (const stream of streams) stream.write(frame);
    response.end();
  });
}).listen(port, '127.0.0.1');

process.once('SIGTERM', () => process.exit(0));
