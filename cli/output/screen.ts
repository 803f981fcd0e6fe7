/** The part of a terminal's stream that a screen needs. */
export interface Terminal {
  readonly rows?: number;
  write(text: string): unknown;
}

const csi = '\u001b[';
/**
 * An alternate screen without cursor and line wrap; leaving it brings back what was there. Source: xterm, "Control
 * Sequences".
 */
const enter = `${csi}?1049h${csi}?25l${csi}?7l`;
const leave = `${csi}?7h${csi}?25h${csi}?1049l`;
/** A terminal that knows synchronized output draws all between them at once; others ignore them. */
const [begin, end] = [`${csi}?2026h`, `${csi}?2026l`];

/** A picture in a terminal that is drawn again over itself, without a moment in which it is empty. */
export class Screen {
  readonly #terminal: Terminal;
  #isOpen = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Draws text from the upper left corner. If it has more lines than the terminal, the last line counts the rest. */
  draw(text: string): void {
    if (!this.#isOpen) this.#terminal.write(enter);
    this.#isOpen = true;
    const lines = text.split('\n');
    const rows = Math.max(this.#terminal.rows ?? 24, 2);
    const shown =
      lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
    const drawn = shown.map((line) => `${line}${csi}K`).join('\r\n');
    this.#terminal.write(`${begin}${csi}H${drawn}${csi}J${end}`);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.#isOpen) this.#terminal.write(leave);
    this.#isOpen = false;
  }
}
