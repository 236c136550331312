/** How a parameter is refused: by its name, in a sentence. */
import { RequestError } from "../request-error.ts";

/** @throws {RequestError} 400 that says of the parameter what `sentence`, which goes on behind its name, says. */
export function refuse(parameter: string, sentence: string, code = "invalid_request"): never {
  throw new RequestError(400, code, `"${parameter}" ${sentence}.`, parameter);
}
