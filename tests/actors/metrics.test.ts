/** What a device tells Prometheus: names that its own checker takes, and counts that are what happened. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Metrics } from "../../actors/daemon/metrics/mod.ts";
import { NO_COUNTERS, VIEW } from "./inspected.ts";

/** Metrics of a device on which something of everything has happened. */
function busy(): Metrics {
  const metrics = new Metrics({ version: "1.2.3" });
  const step = { stepMilliseconds: 20, blockMilliseconds: [], queueMilliseconds: [2, 4], at: 0, sequences: [] };
  metrics.stepped({ model: "m", first: 0, last: 3 }, { ...step, rows: 2, tokens: 2 });
  metrics.stepped({ model: "m", first: 0, last: 3 }, { ...step, rows: 1, tokens: 128, stepMilliseconds: 600 });
  const about = { type: "answer", id: "1", model: "m" } as const;
  metrics.happened({ ...about, stage: "writing", ttftMilliseconds: 300 });
  metrics.happened({ ...about, stage: "interrupted", tokens: 3, reason: "the connection was lost" });
  const times = { ttftMilliseconds: 300, totalMilliseconds: 1300, conversations: 2 };
  metrics.happened({
    ...about,
    stage: "ended",
    reason: "stop",
    promptTokens: 9,
    tokens: 11,
    ...times,
    level: 2,
    met: true,
  });
  metrics.happened({ ...about, stage: "left", tokens: 1 });
  metrics.happened({ type: "waiting", reason: "a device is away" });
  metrics.travelled({ model: "m", devices: ["laptop", "board"], tokens: [{ position: 9, wire: [2, 3] }] });
  return metrics;
}

const scraped = {
  counters: { ...NO_COUNTERS, bytesIn: 500, dropped: { ...NO_COUNTERS.dropped, overloaded: 1 } },
  processBytes: 123,
  view: VIEW,
};

test("steps, answers, take-overs and places are counted under their labels", async () => {
  const text = await busy().scrape(scraped);
  for (
    const line of [
      'skein_build_info{version="1.2.3"} 1',
      'skein_step_compute_seconds_count{model="m",blocks="0-3",phase="decode"} 1',
      'skein_step_compute_seconds_bucket{le="1",model="m",blocks="0-3",phase="prefill"} 1',
      'skein_step_queue_seconds_sum{model="m",blocks="0-3",phase="decode"} 0.006',
      'skein_hop_wire_seconds_sum{from="board",to="laptop"} 0.003',
      'skein_token_wire_seconds_sum{model="m"} 0.005',
      'skein_step_rows_sum{model="m",blocks="0-3",phase="decode"} 2',
      'skein_step_tokens_total{model="m",blocks="0-3",phase="prefill"} 128',
      'skein_answers_total{model="m",outcome="ended"} 1',
      'skein_answers_total{model="m",outcome="left"} 1',
      'skein_answer_seconds_per_token_sum{model="m"} 0.1',
      'skein_answer_tokens_total{model="m",kind="drawn"} 11',
      'skein_answer_take_overs_total{model="m"} 1',
      'skein_answers_by_level_total{model="m",level="2"} 1',
      'skein_answer_targets_total{model="m",met="true"} 1',
      'skein_events_total{type="waiting"} 1',
      'skein_cache_places{model="m",blocks="0-3",state="free"} 3',
      'skein_peer_round_trip_seconds{peer="board"} 0.002',
      'skein_frame_bytes_total{direction="in"} 500',
      'skein_messages_dropped_total{reason="overloaded"} 1',
      "skein_leader 1",
    ]
  ) assert.ok(text.split("\n").includes(line), `${line} in:\n${text}`);
});

test("what comes and goes under ever new names makes no series, and what is no more is not shown", async () => {
  const metrics = busy();
  const first = await metrics.scrape(scraped);
  assert.ok(!first.includes("answer-7"));
  const later = await metrics.scrape({ ...scraped, view: { ...VIEW, segments: [], links: [] } });
  assert.ok(!later.includes("skein_segment_bytes{"));
  assert.ok(later.split("\n").includes('skein_frame_bytes_total{direction="in"} 500'), "totals are set, not added up");
});

test("promtool has nothing to say against it", async (t) => {
  if (spawnSync("promtool", ["--version"]).error !== undefined) {
    return t.skip("promtool is not installed (Debian: the package prometheus)");
  }
  const checked = spawnSync("promtool", ["check", "metrics"], {
    input: await busy().scrape(scraped),
    encoding: "utf8",
  });
  assert.equal(`${checked.stdout}${checked.stderr}`, "");
  assert.equal(checked.status, 0);
});

test("the dashboard asks for nothing that is not counted", async () => {
  const text = await busy().scrape(scraped);
  const counted = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const dashboard = readFileSync(new URL("../../docs/grafana-dashboard.json", import.meta.url), "utf8");
  const asked = [...dashboard.matchAll(/\b(?:skein|process)_[a-z_]+/g)].map(([name]) => name);
  assert.ok(asked.length > 10);
  for (const name of asked) {
    assert.ok(counted.has(name) || counted.has(name.replace(/_(bucket|sum|count)$/, "")), name);
  }
});
