import type { ParentMessage, Standing, WorkerMessage } from './worker-process.js';

/** The process that forked this one. */
export interface Parent<Report> {
  tell(message: WorkerMessage<Report>): void;
  /** How the processes of the gateway stand; as they last did where the parent does not answer in time. */
  standing(): Promise<Standing<Report>>;
}

const PATIENCE_MS = 1000;

/** Over the channel that `fork` opens. */
export function openParent<Report>(): Parent<Report> {
  const waiting = new Map<number, (standing: Standing<Report>) => void>();
  let last: Standing<Report> = { reports: [], states: [] };
  let requests = 0;
  process.on('message', ({ id, ...standing }: ParentMessage<Report>) => {
    last = standing;
    waiting.get(id)?.(standing);
    waiting.delete(id);
  });
  const tell = (message: WorkerMessage<Report>) => void process.send?.(message);
  return {
    tell,
    standing() {
      const id = (requests += 1);
      return new Promise((resolve) => {
        const late = setTimeout(() => {
          waiting.delete(id);
          resolve(last);
        }, PATIENCE_MS);
        waiting.set(id, (standing) => {
          clearTimeout(late);
          resolve(standing);
        });
        tell({ kind: 'standing', id });
      });
    },
  };
}
