/** Segments of HL7's ADT and of PAM.FR: what begins so behind a line end is a segment and no text. */
const NAMES = new Set(
  (
    'MSH FHS BHS BTS FTS SFT EVN PID PD1 ROL ARV NK1 PV1 PV2 DB1 OBX NTE AL1 IAM DG1 DRG PR1 GT1 IN1 IN2 IN3 ACC UB1 UB2 PDA MRG NPU ' +
    'ZBE ZFA ZFD ZFM ZFP ZFS ZFT ZFU ZFV'
  ).split(' '),
);

/**
 * The lines of a message's text. The mark is what most segments end with: CR, CRLF or LF, where CR and LF take CRLF along; any other line
 * end is text, unless a segment known by its name stands behind it. Blank lines, blanks before a name and line ends at the end of a line are passed over.
 */
export function splitLines(text: string): string[] {
  const mixed = text.includes('\r') && text.includes('\n');
  const lines: string[] = [];
  for (const line of mixed ? mixedLines(text) : text.split(text.includes('\r') ? '\r' : '\n')) {
    const ink = trimmed(line);
    if (ink !== '') lines.push(ink);
  }
  return lines;
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
