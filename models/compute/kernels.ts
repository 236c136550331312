/**
 * What a compute worker needs of whoever has the kernels, and no more: graphs that are loaded once, tensors over memory of
 * our own, and bindings that say once which tensor goes in where. `ort/` has it from ONNX Runtime's C library; in a browser
 * onnxruntime-web can give the same.
 *
 * ```ts
 * const kernels = openKernels({ threads: 1, spin: false });
 * const graph = await kernels.load("layer.onnx");
 * const binding = graph.bind();
 * binding.input("hidden", kernels.tensor(states, [1, 1, width]));
 * binding.output("hidden_out", kernels.tensor(result, [1, 1, width]));
 * await binding.run();
 * ```
 */

/** The kernels of a device. */
export interface Kernels {
  /** For people: whose kernels, and which version. */
  readonly version: string;
  /** Loads a graph with its weights, off this thread where the platform can. @throws {KernelError} */
  load(path: string): Promise<KernelGraph>;
  /** A graph without weights of its own, from its bytes. @throws {KernelError} */
  parse(bytes: Uint8Array): KernelGraph;
  /**
   * A tensor over `data`, which is not copied: what is written there is what the next run reads. It keeps `data` alive.
   * @throws {RangeError} where the dimensions ask for more elements than `data` has.
   */
  tensor(data: TensorData, dims: readonly number[]): KernelTensor;
  /** Gives memory that was freed back to the system, where that does not happen by itself: after a segment was let go. */
  trim(): void;
  /** Gives the memory of an array back to the system where the platform can: what is there is worthless, the array is not. */
  discard(array: Float32Array): void;
  /** Lets go of what is left. Graphs, tensors and bindings must be closed before. */
  close(): void;
}

/** A loaded graph. */
export interface KernelGraph {
  /** A binding without tensors. */
  bind(): KernelBinding;
  /** Closes the graph; its bindings must be closed before. */
  close(): void;
}

/** What a tensor can lie over: float32, int32, int64. */
export type TensorData = Float32Array | Int32Array | BigInt64Array;

/** A tensor over memory of ours. */
export interface KernelTensor {
  close(): void;
}

/** Which tensors a graph runs on. */
export interface KernelBinding {
  /** Binds an input, in place of what was bound there. @throws {KernelError} where the graph has no such input. */
  input(name: string, tensor: KernelTensor): void;
  /** Binds an output: the run writes there. One tensor may be both, where the operator allows it. */
  output(name: string, tensor: KernelTensor): void;
  /** Runs the graph on what is bound, once. @throws {KernelError} */
  run(): void | Promise<void>;
  close(): void;
}

/** The kernels refused, in their own words. */
export class KernelError extends Error {
  override readonly name = "KernelError";
}

export interface KernelOptions {
  /** Threads that all graphs of the device share, the caller's included. */
  readonly threads: number;
  /** Whether idle threads look for work for a while before they sleep: faster, and burns their cores meanwhile. */
  readonly spin: boolean;
}
