/** What benchmarks have drawn: bars beside each other, or lines over a number. */

/** A length with its name; no bar where the value is no finite number. */
export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** Lying bars in groups. Those of one name have one colour. */
export interface Bars {
  readonly type: "bars";
  readonly title: string;
  /** What is measured: "ms a token". */
  readonly unit: string;
  readonly groups: readonly {
    readonly name: string;
    readonly bars: readonly Bar[];
  }[];
}

/** A line through points, which are by their x. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Whether it was expected, not measured. Default: false. */
  readonly dashed?: boolean;
}

/** Lines over an axis from 0. */
export interface Lines {
  readonly type: "lines";
  readonly title: string;
  /** What lies along the axis: "prompts at once". */
  readonly along: string;
  readonly unit: string;
  readonly series: readonly Series[];
}

export type Chart = Bars | Lines;

/** Charts below each other. */
export interface Picture {
  readonly title: string;
  /** Where it was measured and how. */
  readonly note: string;
  readonly charts: readonly Chart[];
}
