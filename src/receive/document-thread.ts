import { parentPort } from 'node:worker_threads';
import { summaryOf } from '../cda/read-head.js';
import { GatewayError } from '../message/failure.js';
import { openDocuments } from '../translate/open-documents.js';
import { placeOf, type DocumentAnswer, type DocumentTask } from './document-threads.js';

/** The program of one thread: opens the documents of one message after the other. */
parentPort?.on('message', ({ bytes, ...message }: DocumentTask) => {
  void answerTo({ ...message, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) }).then((answer) =>
    parentPort?.postMessage(answer),
  );
});

async function answerTo(message: Parameters<typeof openDocuments>[0]): Promise<DocumentAnswer> {
  try {
    return { summaries: (await openDocuments(message)).map(summaryOf) };
  } catch (error) {
    if (error instanceof GatewayError) {
      const { code, message: text, field } = error;
      return { failure: { code, text, field } };
    }
    return { place: placeOf(error) };
  }
}
