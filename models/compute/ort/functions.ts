/**
 * The functions of ONNX Runtime's C API that we call, typed. A number is a function's place in the table (struct OrtApi in
 * onnxruntime_c_api.h), the text its parameters; all but the releasing ones return a status, which becomes an error.
 */
import koffi from "koffi";
import process from "node:process";
import { KernelError } from "../kernels.ts";
import { loadOrt } from "./library.ts";

declare const kind: unique symbol;
/** The address of a native object of one kind. */
export type Handle<Kind extends string> = bigint & { readonly [kind]: Kind };

type Made<Kind extends string> = [Handle<Kind> | null];
type Env = Handle<"env">;
type Options = Handle<"options">;
type Session = Handle<"session">;
type Value = Handle<"value">;
type Binding = Handle<"binding">;
type RunOptions = Handle<"run options">;
type MemoryInfo = Handle<"memory info">;
type Threading = Handle<"threading options">;

/** Paths are wide characters on Windows. */
const PATH = process.platform === "win32" ? "str16" : "str";

/** What is called through the table. */
export interface OrtFunctions {
  readonly version: string;
  disableTelemetry(env: Env): void;
  createEnvWithPools(level: number, id: string, threading: Threading, out: Made<"env">): void;
  createThreading(out: Made<"threading options">): void;
  setThreads(threading: Threading, count: number): void;
  setInterThreads(threading: Threading, count: number): void;
  setSpin(threading: Threading, spin: number): void;
  createOptions(out: Made<"options">): void;
  usePools(options: Options): void;
  disableMemoryPattern(options: Options): void;
  disableArena(options: Options): void;
  setOptimization(options: Options, level: number): void;
  createSessionAsync(env: Env, path: string, options: Options): Promise<Session>;
  createSessionFromArray(env: Env, bytes: Uint8Array, length: number, options: Options, out: Made<"session">): void;
  createRunOptions(out: Made<"run options">): void;
  createMemoryInfo(allocator: number, type: number, out: Made<"memory info">): void;
  createTensor(
    memory: MemoryInfo,
    data: ArrayBufferView,
    bytes: number,
    dims: BigInt64Array,
    rank: number,
    type: number,
    out: Made<"value">,
  ): void;
  createBinding(session: Session, out: Made<"binding">): void;
  bindInput(binding: Binding, name: string, value: Value): void;
  bindOutput(binding: Binding, name: string, value: Value): void;
  run(session: Session, options: RunOptions, binding: Binding): void;
  releaseEnv(env: Env): void;
  releaseThreading(threading: Threading): void;
  releaseOptions(options: Options): void;
  releaseSession(session: Session): void;
  releaseRunOptions(options: RunOptions): void;
  releaseMemoryInfo(memory: MemoryInfo): void;
  releaseValue(value: Value): void;
  releaseBinding(binding: Binding): void;
}

/** Binds the table, once a thread. @throws {KernelError} as `loadOrt` does. */
export function ortFunctions(): OrtFunctions {
  return bound ??= bindAll();
}
let bound: OrtFunctions | undefined;

type Native = ReturnType<ReturnType<typeof koffi.load>["func"]>;

/** The function at a place of the table. */
type Bind = (place: number, result: string, parameters: string) => Native;
/** Throws what a status says, in ONNX Runtime's own words, and lets go of it. */
type Check = (status: unknown) => void;

function bindAll(): OrtFunctions {
  const { version, addresses } = loadOrt();
  const native: Bind = (place, result, parameters) =>
    koffi.decode(addresses[place], koffi.proto(`${result} (${parameters})`)) as Native;
  const check = checking(native);
  const checked = (place: number, parameters: string) => {
    const call = native(place, "void *", parameters);
    return (...values: unknown[]): void => check(call(...values));
  };
  const release = (place: number) => native(place, "void", "void *");
  return {
    version,
    createEnvWithPools: checked(119, "int, str, void *, _Out_ void **"),
    disableTelemetry: checked(6, "void *"),
    createThreading: checked(121, "_Out_ void **"),
    setThreads: checked(147, "void *, int"),
    setInterThreads: checked(148, "void *, int"),
    setSpin: checked(149, "void *, int"),
    createOptions: checked(10, "_Out_ void **"),
    usePools: checked(120, "void *"),
    disableMemoryPattern: checked(17, "void *"),
    disableArena: checked(19, "void *"),
    setOptimization: checked(23, "void *, int"),
    createSessionAsync: creatingSessions(native, check),
    createSessionFromArray: checked(8, "void *, void *, size_t, void *, _Out_ void **"),
    createRunOptions: checked(39, "_Out_ void **"),
    createMemoryInfo: checked(69, "int, int, _Out_ void **"),
    createTensor: checked(49, "void *, void *, size_t, int64_t *, size_t, int, _Out_ void **"),
    createBinding: checked(134, "void *, _Out_ void **"),
    bindInput: checked(136, "void *, str, void *"),
    bindOutput: checked(137, "void *, str, void *"),
    run: checked(133, "void *, void *, void *"),
    releaseEnv: release(92),
    releaseThreading: release(122),
    releaseOptions: release(100),
    releaseSession: release(95),
    releaseRunOptions: release(97),
    releaseMemoryInfo: release(94),
    releaseValue: release(96),
    releaseBinding: release(135),
  };
}

function checking(native: Bind): Check {
  const getMessage = native(2, "const char *", "void *");
  const releaseStatus = native(93, "void", "void *");
  return (status) => {
    if (status === null || status === undefined || status === 0n) return;
    const message = String(getMessage(status));
    releaseStatus(status);
    throw new KernelError(`ONNX Runtime: ${message}`);
  };
}

/** Reading a model's file takes long: it is done on a thread of koffi's. */
function creatingSessions(native: Bind, check: Check): OrtFunctions["createSessionAsync"] {
  const createSession = native(7, "void *", `void *, ${PATH}, void *, _Out_ void **`);
  return (env, path, options) =>
    new Promise((resolve, reject) => {
      const out: Made<"session"> = [null];
      createSession.async(env, path, options, out, (error: unknown, status: unknown) => {
        try {
          if (error) throw error;
          check(status);
          resolve(out[0] as Session);
        } catch (failure) {
          reject(failure);
        }
      });
    });
}

/** What a creating function hands over. */
export function made<Kind extends string>(create: (out: Made<Kind>) => void): Handle<Kind> {
  const out: Made<Kind> = [null];
  create(out);
  if (out[0] === null) throw new KernelError("ONNX Runtime made nothing and said nothing.");
  return out[0];
}
