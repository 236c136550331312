import assert from "node:assert/strict";
import { test } from "node:test";
import { openerOf } from "../../cli/open.ts";

test("each platform's own opener is handed the address as one argument, without a shell", () => {
  const page = "http://127.0.0.1:11411/?a=1&b=2";
  assert.deepEqual(openerOf("linux", page), ["xdg-open", page]);
  assert.deepEqual(openerOf("darwin", page), ["open", page]);
  assert.deepEqual(openerOf("win32", page), ["rundll32", "url.dll,FileProtocolHandler", page]);
});
