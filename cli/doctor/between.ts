/** What is between this device and another one, and what to do about what is wrong. Pure. */
import type { Inspection, MemberView, WaysView } from "../../actors/gateway/api.ts";
import { formatBytes } from "../../plans/mod.ts";
import { span } from "../devices.ts";
import type { Finding } from "./finding.ts";

/** What is known of the two. */
export interface Between {
  readonly self: MemberView;
  readonly other: MemberView;
  readonly ways: WaysView;
  readonly devices: Inspection["devices"];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A round trip that costs a token on its way more than computing does. */
const SLOW_ROUND_TRIP = 20;
/** Over less than this a model takes minutes to be fetched: bytes a second. */
const SLOW_LINK = 2e6;

/** Every check, in the order in which people should read them. */
export function findingsBetween(between: Between): Finding[] {
  return [presence(between), version(between), ...addresses(between), discovery(between), ...links(between)];
}

function presence({ other, ways, now }: Between): Finding {
  const { name, device, here, lastSeenAt } = other;
  if (here) return { check: "device", state: "ok", found: `${name} is here (${device})` };
  const since = lastSeenAt === undefined ? "" : ` for ${span(now - lastSeenAt)}`;
  const reached = ways.ways.some(({ outcome }) => outcome === "reached");
  return {
    check: "device",
    state: "fail",
    found: `${name} is away${since} (${device})`,
    advice: reached
      ? "It answers all the same: wait a moment and look again; if it stays away, see the version, and skein logs on both."
      : "Is it switched on, is skein up running there, and is it in the same network? See the addresses below.",
  };
}

function version({ self, other }: Between): Finding {
  const found = `${other.name} runs ${other.version || "an unknown version"}, this device ${self.version}`;
  if (other.version === "" || other.version === self.version) return { check: "version", state: "ok", found };
  const advice = "Have both run the same version: devices whose protocols differ do not let each other in.";
  return { check: "version", state: "warn", found, advice };
}

function addresses({ other, ways: { ways } }: Between): Finding[] {
  if (ways.length === 0) {
    const advice =
      `Nobody has told where ${other.name} is. Have it join again: skein invite here, skein up --join - there.`;
    return [{ check: "address", state: other.here ? "warn" : "fail", found: "none is known", advice }];
  }
  const works = ways.some(({ outcome }) => outcome === "reached");
  return ways.map(({ address, by, outcome, milliseconds, detail }) => {
    const place = `${address.split("/p2p/")[0]}${by === "mdns" ? " (by mDNS)" : ""}`;
    const { says, advice } = OUTCOMES[outcome];
    if (outcome === "reached") return { check: "address", state: "ok", found: `${place} ${says(milliseconds)}` };
    // One address that works is enough: the others may be of networks that this device is not in.
    const state = works || other.here ? "warn" : "fail";
    const why = outcome === "failed" && detail !== undefined ? `: ${detail}` : "";
    const found = `${place} ${says(milliseconds)}${why}`;
    return { check: "address", state, found, ...(state === "fail" ? { advice } : {}) };
  });
}

const OUTCOMES: Readonly<
  Record<WaysView["ways"][number]["outcome"], { readonly says: (ms: number) => string; readonly advice: string }>
> = {
  "reached": { says: (ms) => `answers in ${Math.round(ms)} ms`, advice: "" },
  "closed": {
    says: () => "is a machine where nothing listens at that port",
    advice: "Start skein up there. If it runs, its port has changed: skein up --listen /ip4/0.0.0.0/tcp/PORT fixes it.",
  },
  "silent": {
    says: (ms) => `does not answer in ${(ms / 1000).toFixed(1)} s`,
    advice:
      "A firewall there that drops it (let the TCP port in), another network, guest Wi-Fi, or it is off. Behind a " +
      "forwarded port: skein up --announce there.",
  },
  "wrong-key": {
    says: () => "is a Skein of another mesh, or one that was put out",
    advice: "Let it in again: skein invite here, skein up --join - there.",
  },
  "other-device": {
    says: () => "is another device of this mesh now",
    advice: "The network gave its address to that one. It is found again by mDNS, or by a new invite.",
  },
  "failed": { says: () => "cannot be used", advice: "See skein logs --level debug here, and skein doctor there." },
};

function discovery({ other, ways: { mdns, sightedAgo } }: Between): Finding {
  if (sightedAgo !== undefined) {
    return { check: "mDNS", state: "ok", found: `told of ${other.name} ${Math.round(sightedAgo / 1000)} s ago` };
  }
  if (!mdns) return { check: "mDNS", state: "ok", found: "is switched off here (--no-mdns)" };
  return {
    check: "mDNS",
    state: other.here ? "ok" : "warn",
    found: `has told nothing of ${other.name}`,
    ...(other.here ? {} : {
      advice:
        "Multicast does not come through, or it was started with --no-mdns. Invites work without; on both devices " +
        "skein doctor tests multicast (UDP 5353).",
    }),
  };
}

/** Round trip and bandwidth both ways, as they are measured all the time. */
function links({ self, other, devices }: Between): Finding[] {
  if (!other.here) return [];
  const from = (at: MemberView, to: MemberView) => {
    const view = devices.find((seen) => seen.device === at.device);
    return view === undefined || "error" in view ? undefined : view.links.find(({ device }) => device === to.device);
  };
  const [incoming, outgoing] = [from(self, other), from(other, self)];
  const trip = incoming?.roundTripMilliseconds ?? outgoing?.roundTripMilliseconds;
  const rate = (bytes: number | undefined) => bytes === undefined ? "not measured yet" : `${formatBytes(bytes)}/s`;
  const slowest = Math.min(incoming?.bytesPerSecond ?? Infinity, outgoing?.bytesPerSecond ?? Infinity);
  return [
    {
      check: "round trip",
      state: trip !== undefined && trip > SLOW_ROUND_TRIP ? "warn" : "ok",
      found: trip === undefined ? "not measured yet" : `${trip.toFixed(1)} ms`,
      ...(trip !== undefined && trip > SLOW_ROUND_TRIP
        ? {
          advice: "Each token crosses it once or more: a cable, or Wi-Fi nearer to the router, makes answers faster.",
        }
        : {}),
    },
    {
      check: "bandwidth",
      state: slowest < SLOW_LINK ? "warn" : "ok",
      found: `from ${other.name} ${rate(incoming?.bytesPerSecond)}, to it ${rate(outgoing?.bytesPerSecond)}`,
      ...(slowest < SLOW_LINK ? { advice: "Models take minutes to be fetched over it." } : {}),
    },
  ];
}
