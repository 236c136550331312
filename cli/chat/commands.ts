/** What a line of a chat asks for: a message to the model, or something of the program. Pure. */

export type Line =
  | { readonly type: "say"; readonly text: string }
  | { readonly type: "nothing" }
  | { readonly type: "help" }
  /** Without a text: shows the instructions that hold. */
  | { readonly type: "system"; readonly text: string }
  /** Goes along with the next message. */
  | { readonly type: "file"; readonly path: string }
  | { readonly type: "plan" }
  /** Has the last message answered anew. */
  | { readonly type: "again" }
  | { readonly type: "clear" }
  | { readonly type: "save"; readonly path: string }
  | { readonly type: "leave" }
  | { readonly type: "mistake"; readonly message: string };

export const CHAT_HELP = `  /system TEXT   how the model is to answer, from now on; alone: what holds now
  /file PATH     add the text of a file to the next message
  /again         answer the last message anew
  /clear         forget what was said
  /plan          which devices answer
  /save PATH     write the conversation to a file, as Markdown
  /exit          leave; so does Ctrl-D
  """            begins and ends a message of several lines; what is pasted is one message anyway
  Ctrl-C stops an answer.
`;

/** Reads a line. */
export function readLine(text: string): Line {
  const trimmed = text.trim();
  if (trimmed === "") return { type: "nothing" };
  const [, name = "", rest = ""] = trimmed.match(/^\/([a-z]+)(?:\s+([^]*))?$/i) ?? [];
  switch (name.toLowerCase()) {
    case "":
      return { type: "say", text: trimmed };
    case "help":
    case "plan":
    case "again":
    case "clear":
      return { type: name.toLowerCase() as "help" | "plan" | "again" | "clear" };
    case "exit":
    case "quit":
    case "bye":
      return { type: "leave" };
    case "system":
      return { type: "system", text: rest };
    case "file":
      return rest === "" ? mistake("/file needs a path") : { type: "file", path: rest };
    case "save":
      return rest === "" ? mistake("/save needs a path") : { type: "save", path: rest };
    default:
      return mistake(`There is no /${name}; /help shows what there is`);
  }
}

function mistake(message: string): Line {
  return { type: "mistake", message };
}
