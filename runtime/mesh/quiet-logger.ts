import type { ComponentLogger, Logger } from "@libp2p/interface";

/**
 * libp2p's logging, switched off: what matters reaches people as events of the mesh. Components that tell of failures by
 * logging alone are heard through `onError`, which gets the component's name and what it logged.
 */
export function quietLogger(onError: (component: string, details: readonly unknown[]) => void): ComponentLogger {
  return { forComponent: (name) => quiet(name, onError) };
}

function quiet(name: string, onError: (component: string, details: readonly unknown[]) => void): Logger {
  return Object.assign((): void => {}, {
    enabled: false,
    trace: (): void => {},
    error: (...details: readonly unknown[]): void => onError(name, details),
    newScope: (scope: string): Logger => quiet(`${name}:${scope}`, onError),
  });
}
