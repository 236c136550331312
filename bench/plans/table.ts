/** Tables for people, the same rows as JSON for machines. */

export type Row = Readonly<Record<string, string | number>>;

export interface Table {
  readonly title: string;
  /** What a reader must know to judge it: assumptions, sources. */
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
}

/** The table as aligned text. */
export function formatTable({ title, notes, rows }: Table): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [
    columns,
    ...rows.map((row) => columns.map((column) => `${row[column] ?? ""}`)),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? "").length)));
  const lines = cells.map((row) =>
    row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ")
      .trimEnd()
  );
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [
    `# ${title}`,
    ...notes.map((note) => `  ${note}`),
    "",
    lines[0] ?? "",
    rule,
    ...lines.slice(1),
    "",
  ].join("\n");
}

/** A number with so many digits behind the point. */
export function fixed(value: number | undefined, digits = 1): string {
  return value === undefined || !Number.isFinite(value) ? "-" : value.toFixed(digits);
}
