/** How the API refuses. */
import type { AnswerEvent, FailureCode } from "./protocol.ts";

type Failed = Extract<AnswerEvent, { readonly type: "failed" }>;

/** A request that cannot be served as it is; becomes a response in OpenAI's error shape. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
  /** After which another try may be worth it; undefined where nothing is known of that. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    param: string | null = null,
    retryAfterSeconds?: number,
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** OpenAI's error shape. */
export function errorBody(status: number, code: string, message: string, param: string | null = null): object {
  const type = status === 429 || status >= 500 ? "server_error" : "invalid_request_error";
  return { error: { message, type, param, code } };
}

/** The HTTP status that a failed answer becomes. */
export function statusOf(code: FailureCode): number {
  switch (code) {
    case "context_length_exceeded":
    case "invalid_prompt":
    case "invalid_template":
      return 400;
    case "model_not_found":
      return 404;
    case "target_unreachable":
      return 409;
    case "prompt_too_large":
      return 413;
    case "overloaded":
      return 429;
    case "no_plan":
    case "interrupted":
      return 503;
    default:
      return code satisfies never;
  }
}

/** Seconds after which those may come again who are turned away by a device that knows nothing better. */
const BUSY_SECONDS = 5;

/** The error of a failed answer; who is turned away for too much work is always told when to come again. */
export function failureOf({ code, message, retryAfterSeconds }: Omit<Failed, "type">): RequestError {
  return new RequestError(
    statusOf(code),
    code,
    message,
    code === "model_not_found" ? "model" : code === "target_unreachable" ? "slo" : null,
    retryAfterSeconds ?? (code === "overloaded" ? BUSY_SECONDS : undefined),
  );
}
