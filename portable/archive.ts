/** Archives in the format ustar of tar (POSIX.1-2024, pax, section "ustar Interchange Format"). */

/** A file of an archive. */
export interface ArchiveFile {
  /** With `/` between folders, at most 100 bytes; folders are made when it is unpacked. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isExecutable?: boolean;
}

const BLOCK = 512;

/** The parts of an archive of these files, in order. The same files give the same bytes. */
export function archiveParts(files: readonly ArchiveFile[]): Uint8Array<ArrayBuffer>[] {
  const parts = files.flatMap((file) => [
    header(file),
    file.bytes,
    new Uint8Array((BLOCK - (file.bytes.length % BLOCK)) % BLOCK),
  ]);
  return [...parts, new Uint8Array(2 * BLOCK)];
}

function header({ path, bytes, isExecutable }: ArchiveFile): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const write = (offset: number, text: string) => block.set(new TextEncoder().encode(text), offset);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  if (!/^[\x21-\x7e]{1,100}$/.test(path)) throw new RangeError(`${path}: no name for an archive`);
  write(0, path);
  write(100, `${octal(isExecutable ? 0o755 : 0o644, 7)}\0`);
  write(108, `${octal(0, 7)}\0${octal(0, 7)}\0`); // owner and group: whoever unpacks it
  write(124, `${octal(bytes.length, 11)}\0${octal(0, 11)}\0`); // size, and no time
  write(148, " ".repeat(8)); // as which the checksum counts
  write(156, "0"); // a file
  write(257, "ustar\x0000"); // the format and its version
  const sum = block.reduce((total, byte) => total + byte, 0);
  write(148, `${octal(sum, 6)}\0 `);
  return block;
}
