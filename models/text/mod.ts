/** Text to tokens, tokens to text, chat messages to prompts. */
export { parseBundle, type TokenizerBundle } from "./bundle.ts";
export { bundleFromFolder, type TokenizerFolder } from "./bundle-folder.ts";
export { bundleFromGguf, type GgufMetadata } from "./bundle-gguf.ts";
export {
  CHAT_ROLES,
  type ChatMessage,
  type ChatOptions,
  type ChatRole,
  ChatTemplateError,
  encodeChat,
  renderChat,
} from "./chat.ts";
export { compress, type Compressed, readForChoosing, type Reading, type Word } from "./compress.ts";
export type { Detokenizer, DetokenizerOptions } from "./detokenizer.ts";
export { createStopMatcher, type StopMatcher } from "./stop.ts";
export { createTokenReader, type TokenReader, type TokenTable } from "./token-table.ts";
export {
  createTokenizer,
  type DecodeOptions,
  type EncodeOptions,
  type Tokenizer,
  TooManyTokensError,
} from "./tokenizer.ts";
