/** The kernels of ONNX Runtime, through its C library: caches and states are bound once and written in place. */
import type { KernelBinding, KernelGraph, KernelOptions, Kernels, KernelTensor, TensorData } from "../kernels.ts";
import { type Handle, made, type OrtFunctions, ortFunctions } from "./functions.ts";
import { openDiscard, openTrim } from "./trim.ts";

/** Only what is an error is written to the log. */
const LOG_LEVEL = 3;
/** Every optimisation. */
const OPTIMIZATION = 99;
/** OrtDeviceAllocator, OrtMemTypeDefault: memory of ours is plain memory. */
const [DEVICE_ALLOCATOR, DEFAULT_MEMORY] = [0, 0];
/** ONNXTensorElementDataType. */
const [FLOAT32, INT32, INT64] = [1, 6, 7];

/** Opens the kernels, with one pool of threads for all graphs. @throws {KernelError} where the library does not load. */
export function openKernels({ threads, spin }: KernelOptions): Kernels {
  const ort = ortFunctions();
  const threading = made(ort.createThreading);
  ort.setThreads(threading, threads);
  ort.setInterThreads(threading, 1);
  ort.setSpin(threading, spin ? 1 : 0);
  const env = made<"env">((out) => ort.createEnvWithPools(LOG_LEVEL, "skein", threading, out));
  ort.releaseThreading(threading);
  ort.disableTelemetry(env);
  const options = sessionOptions(ort);
  const runOptions = made(ort.createRunOptions);
  const memory = made<"memory info">((out) => ort.createMemoryInfo(DEVICE_ALLOCATOR, DEFAULT_MEMORY, out));
  return {
    version: ort.version,
    load: async (path) => new Graph(ort, await ort.createSessionAsync(env, path, options), runOptions),
    parse: (bytes) =>
      new Graph(
        ort,
        made<"session">((out) => ort.createSessionFromArray(env, bytes, bytes.length, options, out)),
        runOptions,
      ),
    trim: openTrim(),
    discard: openDiscard(),
    tensor: (data, dims) => new Tensor(ort, memory, data, dims),
    close() {
      ort.releaseMemoryInfo(memory);
      ort.releaseRunOptions(runOptions);
      ort.releaseOptions(options);
      ort.releaseEnv(env);
    },
  };
}

function sessionOptions(ort: OrtFunctions): Handle<"options"> {
  const options = made(ort.createOptions);
  ort.usePools(options);
  ort.setOptimization(options, OPTIMIZATION);
  // Memory is counted by the planner: no arena that keeps what one long prefill needed.
  ort.disableArena(options);
  ort.disableMemoryPattern(options);
  return options;
}

class Graph implements KernelGraph {
  readonly #ort: OrtFunctions;
  readonly #session: Handle<"session">;
  readonly #runOptions: Handle<"run options">;

  constructor(ort: OrtFunctions, session: Handle<"session">, runOptions: Handle<"run options">) {
    this.#ort = ort;
    this.#session = session;
    this.#runOptions = runOptions;
  }

  bind(): KernelBinding {
    return new Binding(this.#ort, this.#session, this.#runOptions);
  }

  close(): void {
    this.#ort.releaseSession(this.#session);
  }
}

class Tensor implements KernelTensor {
  readonly #ort: OrtFunctions;
  /** Kept, so that the memory outlives the tensor. */
  readonly data: TensorData;
  readonly handle: Handle<"value">;

  constructor(
    ort: OrtFunctions,
    memory: Handle<"memory info">,
    data: TensorData,
    dims: readonly number[],
  ) {
    const elements = dims.reduce((product, size) => product * size, 1);
    if (elements > data.length) {
      throw new RangeError(`A tensor of ${elements} elements over an array of ${data.length}.`);
    }
    this.#ort = ort;
    this.data = data;
    const [shape, type] = [BigInt64Array.from(dims, BigInt), typeOf(data)];
    const bytes = elements * data.BYTES_PER_ELEMENT;
    this.handle = made<"value">((out) => ort.createTensor(memory, data, bytes, shape, dims.length, type, out));
  }

  close(): void {
    this.#ort.releaseValue(this.handle);
  }
}

function typeOf(data: TensorData): number {
  if (data instanceof Float32Array) return FLOAT32;
  return data instanceof Int32Array ? INT32 : INT64;
}

class Binding implements KernelBinding {
  readonly #ort: OrtFunctions;
  readonly #session: Handle<"session">;
  readonly #runOptions: Handle<"run options">;
  readonly #handle: Handle<"binding">;
  /** Kept, so that memory that is bound is not collected. */
  readonly #bound = new Map<string, Tensor>();

  constructor(ort: OrtFunctions, session: Handle<"session">, runOptions: Handle<"run options">) {
    this.#ort = ort;
    this.#session = session;
    this.#runOptions = runOptions;
    this.#handle = made<"binding">((out) => ort.createBinding(session, out));
  }

  input(name: string, tensor: KernelTensor): void {
    const own = tensor as Tensor;
    this.#ort.bindInput(this.#handle, name, own.handle);
    this.#bound.set(`in ${name}`, own);
  }

  output(name: string, tensor: KernelTensor): void {
    const own = tensor as Tensor;
    this.#ort.bindOutput(this.#handle, name, own.handle);
    this.#bound.set(`out ${name}`, own);
  }

  run(): void {
    this.#ort.run(this.#session, this.#runOptions, this.#handle);
  }

  close(): void {
    this.#ort.releaseBinding(this.#handle);
    this.#bound.clear();
  }
}
