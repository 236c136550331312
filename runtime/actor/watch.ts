import type { Terminated } from "./behaviour.ts";
import type { Ref } from "./ref.ts";

/** Someone's wish to learn of the end of an actor: fulfilled once or ended before. */
export class Watch {
  readonly ref: Ref<never>;
  readonly #notify: (terminated: Terminated) => void;
  /** Takes the watch out of where it waits; set by whoever keeps it. */
  detach: () => void = nothing;
  #over = false;

  constructor(ref: Ref<never>, notify: (terminated: Terminated) => void) {
    this.ref = ref;
    this.#notify = notify;
  }

  fire(reason: Terminated["reason"], detail: string): void {
    if (this.#over) return;
    this.end();
    this.#notify({ ref: this.ref, reason, detail });
  }

  /** Nothing is notified afterwards. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.detach();
  }
}

function nothing(): void {}
