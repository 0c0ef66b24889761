/** CDA R2. */
export const HL7 = 'urn:hl7-org:v3';
export const XSL = 'http://www.w3.org/1999/XSL/Transform';
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
export const XMLNS = 'http://www.w3.org/2000/xmlns/';

/** The prefixes that paths write for the namespaces of CDA's extensions; documents choose theirs freely. */
export const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  sdtc: ['urn:hl7-org:sdtc'],
  lab: ['urn:oid:1.3.6.1.4.1.19376.1.3.2', 'urn:hl7-org:lab'],
  pharm: ['urn:ihe:pharm:medication', 'urn:ihe:pharm'],
  'ps3-20': ['urn:dicom-org:ps3-20'],
  lcm: ['urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0'],
  rim: ['urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0'],
};
