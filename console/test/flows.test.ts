import { describe, expect, it } from "vitest";
import { NoConnection, Problem, Stopped } from "../src/lib/api";
import { blockedBy } from "../src/lib/flows/api";
import { FlowsDesk } from "../src/lib/flows/desk.svelte";
import { byFlow, byLoudness, countChanges, found, kindsOf, languagesOf, linesOf, ofKind, slugOf } from "../src/lib/flows/lists";
import type { FlowProblem } from "../src/lib/flows/types";
import { draft, fakeApi, flow, overview, run } from "./fake-flows";

const problem = (name: string | null, severity: "error" | "warning", text = "x"): FlowProblem => ({
  flow: name === null ? null : { uuid: name, name },
  node: null,
  field: null,
  language: null,
  severity,
  text,
});
const file = (bytes = 10, name = "export.json") => new File([new Uint8Array(bytes)], name);
const refusal = (kind: string, more: Record<string, unknown> = {}) => new Problem(409, { type: `https://x/problems/${kind}`, ...more }, null);

describe("lists", () => {
  it("name all languages of a flow once, its own first", () => {
    expect(languagesOf(flow("x", { language: "spa", languages: ["eng", "spa"] }))).toEqual(["spa", "eng"]);
    expect(languagesOf(flow("x", { language: "ara", languages: [] }))).toEqual(["ara"]);
  });

  it("finds flows by words, whatever the case, by name", () => {
    const flows = [flow("Shelter"), flow("Asylum"), flow("shelters, closed")];
    expect(found(flows, " SHEL").map((one) => one.name)).toEqual(["Shelter", "shelters, closed"]);
    expect(found(flows, "")).toHaveLength(3);
  });

  it("puts stopped flows first, then the newest trouble", () => {
    const at = (hour: number, stopped: boolean) => ({ flow: null, text: "", last_at: `2026-11-22T0${hour}:00:00Z`, count: 1, stopped });
    expect(byLoudness([at(3, false), at(1, true), at(5, false), at(2, true)]).map((one) => one.last_at.slice(12, 13))).toEqual(["2", "1", "5", "3"]);
  });

  it("counts what an import changes", () => {
    const flows = (["new", "same", "same", "changed"] as const).map((change) => ({ ...flow("f"), change }));
    expect(countChanges(flows)).toEqual({ new: 1, changed: 1, same: 2 });
  });

  it("groups problems by flow, those with errors first, errors first in each", () => {
    const groups = byFlow([problem("b", "warning"), problem("a", "warning"), problem("c", "warning"), problem("c", "error"), problem(null, "warning")]);
    expect(groups.map((group) => group.name)).toEqual(["c", null, "a", "b"]);
    expect(groups[0]?.problems.map((one) => one.severity)).toEqual(["error", "warning"]);
  });

  it("counts kinds of a report, the most first, and narrows to one", () => {
    const items = ["flow", "group", "flow"].map((kind) => ({ kind, name: "n", text: "t" }));
    expect(kindsOf(items)).toEqual([
      { kind: "flow", count: 2 },
      { kind: "group", count: 1 },
    ]);
    expect(ofKind(items, "group")).toHaveLength(1);
    expect(ofKind(items, null)).toHaveLength(3);
  });

  it("shows whatever a mismatch holds as lines", () => {
    expect(linesOf("a\nb")).toEqual(["a", "b"]);
    expect(linesOf(["a", { text: "b" }])).toEqual(["a", "{", ' "text": "b"', "}"]);
    expect(linesOf(null)).toEqual([]);
  });

  it("makes a slug of any file name", () => {
    expect(slugOf("Amina pide Ayuda (2).json")).toBe("amina-pide-ayuda-2");
    expect(slugOf("مرحبا.json")).toBe("conversation");
    expect(slugOf("../../etc/passwd")).toBe("etc-passwd");
  });
});

describe("a refusal to publish", () => {
  it("is read by its kind, and nothing else is taken for one", () => {
    expect(blockedBy(refusal("errors", { problems: [problem("a", "error")] }))).toMatchObject({ why: "errors", problems: [{ severity: "error" }] });
    expect(blockedBy(refusal("red-tests", { tests: run() }))).toMatchObject({ why: "red-tests", tests: { red: 0 } });
    expect(blockedBy(refusal("changed-meanwhile"))).toEqual({ why: "changed-meanwhile" });
    expect(blockedBy(refusal("other"))).toBeNull();
    expect(blockedBy(new NoConnection())).toBeNull();
  });
});

describe("importing", () => {
  it("makes a draft and forgets what was said of the one before", async () => {
    const { api } = fakeApi({ overview: async () => overview({ draft: draft({ id: "old" }) }) });
    const desk = new FlowsDesk(api);
    await desk.load();
    desk.talkWith("draft", "f");
    desk.blocked = { why: "changed-meanwhile" };
    expect(await desk.import(file())).toBe(true);
    expect(desk.overview?.draft?.id).toBe("d1");
    expect([desk.talk, desk.blocked, desk.upload]).toEqual([null, null, null]);
  });

  it("tells how far the file is", async () => {
    const seen: unknown[] = [];
    const { api } = fakeApi();
    const desk: FlowsDesk = new FlowsDesk({
      ...api,
      upload: async (_file, progress) => {
        progress(4, 10);
        seen.push(desk.upload);
        return draft();
      },
    });
    await desk.import(file());
    expect(seen).toEqual([{ name: "export.json", sent: 4, total: 10 }]);
  });

  it("refuses a file that the server would refuse, before it is sent", async () => {
    const { api, calls } = fakeApi();
    const desk = new FlowsDesk(api);
    expect(await desk.import(file(16 * 1024 * 1024 + 1))).toBe(false);
    expect((desk.uploadFailure as Problem).kind).toBe("too-large");
    expect(calls).toEqual([]);
  });

  it("keeps the earlier draft when the file cannot be read, and says nothing when it was stopped", async () => {
    const { api } = fakeApi({ overview: async () => overview({ draft: draft({ id: "old" }) }) });
    const failing = (error: unknown) => new FlowsDesk({ ...api, upload: () => Promise.reject(error) });
    const desk = failing(refusal("not-an-export"));
    await desk.load();
    expect(await desk.import(file())).toBe(false);
    expect(desk.overview?.draft?.id).toBe("old");
    expect(desk.uploadFailure).toBeInstanceOf(Problem);
    const stopped = failing(new Stopped());
    await stopped.import(file());
    expect(stopped.uploadFailure).toBeNull();
  });
});

describe("publishing", () => {
  async function ready(more: Parameters<typeof fakeApi>[0] = {}) {
    const { api, calls } = fakeApi({ overview: async () => overview({ draft: draft() }), ...more });
    const desk = new FlowsDesk(api);
    await desk.load();
    return { desk, calls };
  }

  it("names the version that is on screen, once", async () => {
    const { desk, calls } = await ready();
    expect(await Promise.all([desk.publish(), desk.publish()])).toEqual([4, null]);
    expect(calls).toEqual([["publish", 3]]);
  });

  it("shows which conversations are red", async () => {
    const red = run({ slug: "amina", green: false });
    const { desk } = await ready({ publish: () => Promise.reject(refusal("red-tests", { tests: red })) });
    expect(await desk.publish()).toBeNull();
    expect(desk.blocked?.why).toBe("red-tests");
    expect(desk.runs.draft).toEqual(red);
    await desk.test("draft");
    expect(desk.blocked).toBeNull();
  });

  it("looks again when somebody else published, so that the next try is over what is there now", async () => {
    let version = 3;
    const { desk, calls } = await ready({
      overview: async () => overview({ draft: draft(), published: { version, flows: [] } }),
      publish: (seen) => {
        calls.push(["publish", seen]);
        if (seen === version) return Promise.resolve({ version: seen + 1 });
        return Promise.reject(refusal("changed-meanwhile"));
      },
    });
    version = 7;
    expect(await desk.publish()).toBeNull();
    expect(desk.blocked).toEqual({ why: "changed-meanwhile" });
    expect(await desk.publish()).toBe(8);
    expect(calls.filter(([name]) => name === "publish")).toEqual([
      ["publish", 3],
      ["publish", 7],
    ]);
  });

  it("gives any other failure on", async () => {
    const { desk } = await ready({ publish: () => Promise.reject(new NoConnection()) });
    await expect(desk.publish()).rejects.toBeInstanceOf(NoConnection);
    expect([desk.publishing, desk.blocked]).toEqual([false, null]);
  });
});

describe("saved conversations", () => {
  it("forget their colour when one is added, kept or deleted", async () => {
    const { api, calls } = fakeApi();
    const desk = new FlowsDesk(api);
    await desk.load();
    const colours = async (change: () => Promise<unknown>) => {
      await desk.test("published");
      expect(desk.runs.published?.green).toBe(1);
      await change();
      expect(desk.runs.published).toBeNull();
    };
    await colours(() => desk.remove("amina"));
    await colours(() => desk.add(new File(['{"name":"A"}'], "a.json"), "a"));
    desk.talkWith("published", "f");
    await colours(() => desk.keep("Kept"));
    expect(calls.find(([name]) => name === "put")).toEqual(["put", "a", { name: "A" }]);
  });

  it("are played on drafts only where the server plays no others, and other failures are told", async () => {
    const failing = (error: unknown) => new FlowsDesk(fakeApi({ test: () => Promise.reject(error) }).api);
    const old = failing(new Problem(404, {}, null));
    await old.test("published");
    expect([old.testsPublished, old.testing]).toEqual([false, null]);
    await expect(old.test("draft")).rejects.toBeInstanceOf(Problem);
    await expect(failing(new NoConnection()).test("published")).rejects.toBeInstanceOf(NoConnection);
  });

  it("are not taken from a file that is no JSON", async () => {
    const { api, calls } = fakeApi();
    await expect(new FlowsDesk(api).add(new File(["<xml>"], "a.json"), "a")).rejects.toBeInstanceOf(SyntaxError);
    expect(calls).toEqual([]);
  });
});
