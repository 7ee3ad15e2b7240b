import { describe, expect, it } from "vitest";
import { type LineApi, NoConnection, Problem, Stopped } from "../src/lib/api";
import { MAX_FILES, MAX_FILE_BYTES, ReplyFiles, mayTryAgain, of } from "../src/lib/files.svelte";

const file = (name: string, bytes = 3) => new File([new Uint8Array(bytes)], name);
const becomes = (id: string, how: "as_is" | "refused" = "as_is") => ({ id, how, reason: how === "refused" ? "no_converter" : null, content_type: null, size: 3, width: null, height: null });

/** A server that answers one upload after the other, when told so. */
function fake() {
  const brought: { name: string; answer: (value: unknown) => void; fail: (error: unknown) => void; signal: AbortSignal }[] = [];
  const back: string[] = [];
  const api = {
    bring: (_: string, one: File, progress: (sent: number, total: number) => void, signal: AbortSignal) => {
      progress(1, 2);
      return new Promise((answer, fail) => {
        signal.addEventListener("abort", () => fail(new Stopped()));
        brought.push({ name: one.name, answer, fail, signal });
      });
    },
    takeBack: async (_: string, id: string) => void back.push(id),
  };
  return { files: new ReplyFiles(api as unknown as LineApi, "c"), brought, back };
}
const settle = () => new Promise((done) => setTimeout(done));

describe("the files of a reply", () => {
  it("go to the server one after the other, and are told what becomes of them", async () => {
    const { files, brought } = fake();
    files.add([file("a.jpg"), file("b.wav")]);
    expect(files.list.map((one) => one.state)).toEqual(["sending", "waiting"]);
    expect(files.list[0]?.sent).toBe(0.5);
    expect(files.busy).toBe(true);
    brought[0]?.answer({ id: "1", content_type: "image/jpeg", becomes: becomes("1") });
    await settle();
    brought[1]?.answer({ id: "2", content_type: "audio/wav", becomes: becomes("2", "refused") });
    await settle();
    expect([files.busy, files.stuck]).toEqual([false, true]);
    files.describe(files.list[0]?.key ?? "", " a map ");
    expect(files.forReply).toEqual([{ id: "1", description: "a map" }, { id: "2", description: "" }]);
  });

  it("can be stopped on their way and taken back from the server", async () => {
    const { files, brought, back } = fake();
    files.add([file("a.jpg"), file("b.jpg")]);
    files.remove(files.list[0]?.key ?? "");
    await settle();
    expect(brought[0]?.signal.aborted).toBe(true);
    expect(brought.map((one) => one.name)).toEqual(["a.jpg", "b.jpg"]);
    brought[1]?.answer({ id: "2", content_type: "image/jpeg", becomes: becomes("2") });
    await settle();
    files.remove(files.list[0]?.key ?? "");
    expect(files.list).toEqual([]);
    expect(back).toEqual(["2"]);
  });

  it("say why they were not taken, and try again where that can help", async () => {
    const { files, brought } = fake();
    files.add([file("large.mp4", MAX_FILE_BYTES + 1), file("empty.pdf", 0), file("photo.heic"), file("a.jpg")]);
    expect(files.list.map((one) => one.reason)).toEqual(["too_large", "empty", null, null]);
    brought[0]?.fail(new Problem(422, { reason: "unreadable_picture" }, null));
    await settle();
    brought[1]?.fail(new NoConnection());
    await settle();
    expect(files.list.map((one) => [one.state, one.reason])).toEqual([
      ["failed", "too_large"],
      ["failed", "empty"],
      ["failed", "unreadable_picture"],
      ["failed", null],
    ]);
    expect(files.list.map(mayTryAgain)).toEqual([false, false, false, true]);
    files.again(files.list[3]?.key ?? "");
    expect(brought).toHaveLength(3);
  });

  it("are no more than a reply takes, and come back when it is not sent", async () => {
    const { files } = fake();
    files.add(Array.from({ length: MAX_FILES + 1 }, (_, n) => file(`${n}.jpg`)));
    expect([files.list.length, files.tooMany]).toEqual([MAX_FILES, true]);
    const taken = files.take();
    expect(files.list).toEqual([]);
    files.putBack(taken);
    expect(files.list).toHaveLength(MAX_FILES);
    expect(of(taken)).toEqual([]);
  });
});
