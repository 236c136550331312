/** Who may use the API. It listens on loopback, but a web page in this machine's browser reaches loopback too. */

/**
 * Whether a request was meant for this machine by a program on it. A page from elsewhere carries its Origin; one that had
 * its own name resolve to 127.0.0.1 (DNS rebinding) carries that name as Host.
 */
export function isLocal(host: string | null, origin: string | null): boolean {
  return (host === null || isLoopback(`http://${host}`)) && (origin === null || isLoopback(origin));
}

function isLoopback(url: string): boolean {
  try {
    const { hostname } = new URL(url);
    return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
  } catch {
    return false;
  }
}
