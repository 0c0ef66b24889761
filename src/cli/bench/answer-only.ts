import { createServer, type Server } from 'node:net';

/**
 * The baseline of the accept bench: answers AA to every frame and keeps nothing.
 * It looks for the frame's end and copies MSH-10 back, which is the least an MLLP answer can do.
 */
export function answerOnly(): Promise<{ port: number; close(): void }> {
  const server: Server = createServer((socket) => {
    socket.setNoDelay(true);
    let held = '';
    socket.on('data', (chunk) => {
      held += chunk.toString('latin1');
      for (let end = held.indexOf('\x1c\r'); end >= 0; end = held.indexOf('\x1c\r')) {
        const controlId = held.slice(0, end).split('|', 10)[9] ?? '';
        held = held.slice(end + 2);
        socket.write(`\x0bMSH|^~\\&|||||||ACK|${controlId}|P|2.5\rMSA|AA|${controlId}\r\x1c\r`);
      }
    });
    socket.on('error', () => socket.destroy());
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : 0,
        close: () => server.close(),
      });
    });
  });
}
