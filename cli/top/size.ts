/** How much a terminal shows. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}
