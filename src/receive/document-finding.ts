import type { FailureCode, GatewayError } from '../message/failure.js';
import type { AckIssue, NewWorkItem } from '../message/message.js';

/** What a check says of a document; an `E` refuses it. */
export interface Finding {
  severity: 'E' | 'W';
  code: FailureCode;
  /** ERR-5 of the CI-SIS carriage, 900 to 906. */
  application: number;
  /** Path in the document, or in the message that carries it. '' where the whole document is meant. */
  field: string;
  /** Without content. */
  text: string;
  /** Where the message that carries it is at fault: ERR-2 and ERR-3. */
  message?: { location: string; code: number };
}

/** A finding that refuses the document. */
export function refused(code: FailureCode, application: number, field: string, text: string): Finding {
  return { severity: 'E', code, application, field, text };
}

/** A finding that refuses nothing. */
export function warned(code: FailureCode, application: number, field: string, text: string): Finding {
  return { severity: 'W', code, application, field, text };
}

/** What of METADATA.XML says whose a document is. */
const PATIENT_OF_METADATA = /^(patientId|sourcePatient)/;

/** A document that could not be opened; what is no base64 is a fault of its message. */
export function unopened({ code, field = '', message }: GatewayError): Finding {
  const anothers = code === 'document-inconsistent' && PATIENT_OF_METADATA.test(field);
  const finding = refused(code, anothers ? 904 : 906, field, message);
  return code === 'field-invalid' ? { ...finding, message: { location: field, code: 102 } } : finding;
}

/** One id, one content. */
export function reusedId(): Finding {
  return refused('document-id-reused', 906, 'id', 'the id was used before for another content');
}

/** A finding as an ERR segment has it. @param location the field that holds the document; absent where no message does */
export function issueOf({ severity, application, field, text, message }: Finding, location?: string): AckIssue {
  if (message !== undefined) return { ...message, ...(message.code === 207 ? { application } : {}), severity, text };
  const place = location === undefined ? {} : { location };
  return { ...place, code: 207, application, severity, text: field === '' ? text : `${field}: ${text}` };
}

/** The work item of a refusal. */
export function workItemOf({ code, application, field, text }: Finding): NewWorkItem {
  const place = field.replaceAll(/\[\d+\]/g, '');
  return { reason: code, text, key: [code, place, application].join('|'), ...(place === '' ? {} : { field: place }) };
}
