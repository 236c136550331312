/** Where a model stands: under a plan, or waiting for one. */
import type { ActivePlan, ModelState, Standing } from "../plan.ts";
import type { Begun, Lead, Named } from "./lead.ts";

/** The standing of one model, which is published whenever it changes. */
export class Stand {
  readonly #lead: Lead;
  readonly #model: Named;
  #standing: Standing;
  #broken: ActivePlan | undefined;

  constructor(lead: Lead, { id, name }: Named, { standing, broken }: Begun) {
    this.#lead = lead;
    this.#model = { id, name };
    [this.#standing, this.#broken] = [standing, broken];
  }

  /** The plan in force. */
  get plan(): ActivePlan | undefined {
    return this.#standing.type === "active" ? this.#standing.plan : undefined;
  }

  /** The plan that was in force last, while it has lost a device. */
  get broken(): ActivePlan | undefined {
    return this.#broken;
  }

  /** What is published of it. */
  state(): ModelState {
    return this.#standing.type === "active" ? this.#standing : { ...this.#standing, model: this.#model };
  }

  /** A plan has come into force. */
  inForce(plan: ActivePlan): void {
    this.#broken = undefined;
    this.see(plan);
  }

  /** More is known of the plan in force. */
  see(plan: ActivePlan): void {
    this.#stand({ type: "active", plan });
  }

  /** There is no plan, and why. */
  wait(reason: string): void {
    if (this.#standing.type === "waiting" && this.#standing.reason === reason) return;
    this.#broken = this.plan ?? this.#broken;
    this.#stand({ type: "waiting", reason });
  }

  #stand(standing: Standing): void {
    this.#standing = standing;
    this.#lead.changed();
  }
}
