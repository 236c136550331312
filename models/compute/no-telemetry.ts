/**
 * Keeps ONNX Runtime from telling its makers what runs here. Since 1.2x its builds for Linux and macOS send events over the
 * network unless this is in the environment when the library is loaded, so this module must be imported before it is: on
 * the daemon's thread too, because a worker of Node has only a copy of the environment.
 */
import process from "node:process";

// The library has read both names at one time or another.
process.env["ORT_DISABLE_TELEMETRY"] = "1";
process.env["ORT_TELEMETRY_DISABLED"] = "1";
