import { readFileSync } from 'node:fs';
import { GatewayError } from '../message/failure.js';

const VT = 0x0b;
const FS = 0x1c;

/**
 * The bytes of one HL7 v2 message kept in a file, without the MLLP frame that a capture may have around it.
 * @throws GatewayError request-invalid where there is no such file
 */
export function readMessageFile(file: string): Buffer {
  const bytes = readFile(file);
  const start = bytes[0] === VT ? 1 : 0;
  const end = bytes.lastIndexOf(FS);
  const after = bytes.subarray(end + 1).toString('latin1');
  return bytes.subarray(start, end > start && after.trim() === '' ? end : bytes.length);
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new GatewayError('request-invalid', `${file} cannot be read`, {
      remedy: 'name a file with one message',
      cause,
    });
  }
}
