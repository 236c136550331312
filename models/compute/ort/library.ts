/** Loads the ONNX Runtime library, and checks its version. */
import "../no-telemetry.ts";
import koffi from "koffi";
import { errorText } from "../../error-text.ts";
import { KernelError } from "../kernels.ts";
import { libraryPath } from "./library-path.ts";

/** Functions whose order in the table is known up to this API version; the order only ever grows. */
const API_VERSION = 22;
/** The first library that has all functions and operators that we use; a later major version may change either. */
const [MAJOR, LEAST_MINOR] = [1, 22];

/** The table of functions of ONNX Runtime's C API (struct OrtApi), as addresses. */
export interface OrtTable {
  /** The library's own, like "1.30.0". */
  readonly version: string;
  readonly addresses: readonly bigint[];
  /** Kept for as long as the thread lives: koffi unloads a library whose handle is collected, whoever still runs in it. */
  readonly library: ReturnType<typeof koffi.load>;
}

let table: OrtTable | undefined;

/** Loads the library, once a thread. @throws {KernelError} where it is missing, does not load or is of a wrong version. */
export function loadOrt(): OrtTable {
  return table ??= load(libraryPath());
}

function load(path: string): OrtTable {
  // Sessions are made on koffi's own stacks, and graph optimisers go deep.
  koffi.config({ async_stack_size: 4 << 20, async_heap_size: 1 << 20, resident_async_pools: 1, max_async_calls: 64 });
  const library = attempt(path, () => koffi.load(path));
  // OrtGetApiBase() gives { GetApi(version), GetVersionString() }.
  const base: unknown = library.func("void *OrtGetApiBase()")();
  const [getApi, getVersion] = koffi.decode(base, koffi.array("void *", 2)) as readonly bigint[];
  const version = String(koffi.call(getVersion, koffi.proto("const char *()")));
  check(version);
  const api: unknown = koffi.call(getApi, koffi.proto("void *(uint32_t)"), API_VERSION);
  if (api === null || api === undefined) {
    throw new KernelError(`ONNX Runtime ${version} does not offer version ${API_VERSION} of its API.`);
  }
  const addresses = koffi.decode(api, koffi.array("void *", LAST_PLACE + 1)) as readonly bigint[];
  return { version, addresses, library };
}

/** The last place that `functions.ts` names. */
const LAST_PLACE = 149;

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const reason = errorText(cause);
    throw new KernelError(`ONNX Runtime's library ${path} does not load: ${reason}`, { cause });
  }
}

function check(version: string): void {
  const [major = NaN, minor = NaN] = version.split(".").map(Number);
  if (major === MAJOR && minor >= LEAST_MINOR) return;
  throw new KernelError(
    `ONNX Runtime ${version} is installed; ${MAJOR}.${LEAST_MINOR} or a later ${MAJOR}.x is needed: run npm ci.`,
  );
}
