/** Segments of HL7's ADT, MDM and ORU and of PAM.FR: what begins so behind a line end is a segment and no text. */
const NAMES = new Set(
  (
    'MSH FHS BHS BTS FTS SFT EVN PID PD1 ROL ARV NK1 PV1 PV2 DB1 OBX NTE AL1 IAM DG1 DRG PR1 GT1 IN1 IN2 IN3 ACC UB1 UB2 PDA MRG NPU ' +
    'ORC OBR TQ1 TQ2 TXA PRT CTD CTI CON DSC FT1 SPM UAC ' +
    'ZBE ZFA ZFD ZFM ZFP ZFS ZFT ZFU ZFV'
  ).split(' '),
);

/**
 * The lines of a message's text. The mark is what most segments end with: CR, CRLF or LF, where CR and LF take CRLF along; any other line
 * end is text, unless a segment known by its name stands behind it. Blank lines, blanks before a name and line ends at the end of a line are passed over.
 * Base64 in OBX-5 goes on over line ends of any kind.
 */
export function splitLines(text: string): string[] {
  const mixed = text.includes('\r') && text.includes('\n');
  const lines: string[] = [];
  for (const line of mixed ? mixedLines(text) : text.split(text.includes('\r') ? '\r' : '\n')) {
    const ink = trimmed(line);
    if (ink !== '') lines.push(ink);
  }
  return unfolded(lines);
}

/** What may go on behind a line end within base64: digits and blanks, up to the next field. */
const BASE64 = /^[A-Za-z0-9+/=\s]*$/;

/** The lines with each OBX-5 in one: an OBX of type ED that ends within its base64 takes the lines along that can be nothing else. */
function unfolded(lines: string[]): string[] {
  const fieldMark = fieldMarkOf(lines);
  const componentMark = lines.find((line) => line.startsWith('MSH'))?.charAt(4) ?? '^';
  const whole: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const parts = [line];
    for (let open = endsInBase64(line, fieldMark, componentMark); open && goesOn(lines[at + 1], fieldMark);) {
      const part = lines[++at] ?? '';
      parts.push(part);
      open = !part.includes(fieldMark);
    }
    whole.push(parts.length === 1 ? line : parts.join('\n'));
  }
  return whole;
}

/** Is it an OBX whose last field is an OBX-5 with base64 in ED-5 (HL7 v2.5 §2.A.24)? */
function endsInBase64(line: string, fieldMark: string, componentMark: string): boolean {
  if (!line.startsWith(`OBX${fieldMark}`)) return false;
  const [, , type, , , value, ...more] = line.split(fieldMark, 7);
  const [, , , encoding, data, ...parts] = value?.split(componentMark, 6) ?? [];
  return (
    type === 'ED' &&
    more.length + parts.length === 0 &&
    encoding?.toLowerCase() === 'base64' &&
    BASE64.test(data ?? '-')
  );
}

/** Can a line be nothing but more base64? A last piece of three letters may look like a segment, but never like one that HL7 or a site has. */
function goesOn(line: string | undefined, fieldMark: string): boolean {
  if (line === undefined) return false;
  const name = nameOf(line, fieldMark) ?? '';
  if (NAMES.has(name) || name.startsWith('Z')) return false;
  const end = line.indexOf(fieldMark);
  return BASE64.test(end < 0 ? line : line.slice(0, end));
}

function mixedLines(text: string): string[] {
  // Pieces at even places, the line ends between them at odd ones.
  const pieces = text.split(/(\r\n|\r|\n)/);
  const fieldMark = fieldMarkOf(pieces);
  const mark = majority(pieces, fieldMark);
  const lines = [[pieces[0] ?? '']];
  for (let at = 2; at < pieces.length; at += 2) {
    const end = pieces[at - 1] ?? '';
    const piece = pieces[at] ?? '';
    if (end.includes(mark) || NAMES.has(nameOf(piece, fieldMark) ?? '')) lines.push([piece]);
    else lines.at(-1)?.push(end, piece);
  }
  return lines.map((parts) => parts.join(''));
}

/** What most segments end with; CR, the standard's, where others are as many. */
function majority(pieces: readonly string[], fieldMark: string): string {
  const counts = new Map([
    ['\r', 0],
    ['\r\n', 0],
    ['\n', 0],
  ]);
  for (let at = 2; at < pieces.length; at += 2) {
    const end = pieces[at - 1] ?? '';
    if (nameOf(pieces[at] ?? '', fieldMark) !== undefined) counts.set(end, (counts.get(end) ?? 0) + 1);
  }
  return [...counts].reduce((most, each) => (each[1] > most[1] ? each : most))[0];
}

function fieldMarkOf(pieces: readonly string[]): string {
  const header = pieces.find((piece) => piece.startsWith('MSH', firstInk(piece)));
  return header?.charAt(firstInk(header) + 3) ?? '|';
}

/** The name of the segment that a piece begins with; undefined where it begins with none. */
function nameOf(piece: string, fieldMark: string): string | undefined {
  const start = firstInk(piece);
  const name = piece.slice(start, start + 3);
  return /^[A-Z][A-Z0-9]{2}$/.test(name) && (name === 'MSH' || piece.startsWith(fieldMark, start + 3))
    ? name
    : undefined;
}

function trimmed(line: string): string {
  let end = line.length;
  while (end > 0 && (line.charAt(end - 1) === '\r' || line.charAt(end - 1) === '\n')) end -= 1;
  return line.slice(Math.min(firstInk(line), end), end);
}

function firstInk(text: string): number {
  let at = 0;
  while (at < text.length && (text.charCodeAt(at) <= 0x20 || text.charCodeAt(at) === 0xfeff)) at += 1;
  return at;
}
