/** What an error says, for messages and people. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
