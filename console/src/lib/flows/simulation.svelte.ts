/**
 * A talk with a flow. The server plays the whole talk anew at every step, so that a step can be taken
 * back and the same talk be looked at on another channel.
 */
import { Problem } from "../api";
import type { FlowsApi } from "./api";
import type { Bubble, Choice, Look, PersonOf, SimulateRequest, Source, Step, Talk } from "./types";

/** The server plays no longer talks. */
export const MAX_STEPS = 200;

/** Fields as somebody types them; a row without a key is not sent. */
export interface FieldRow {
  key: string;
  value: string;
}

export class Simulation {
  look = $state<Look>("whatsapp");
  name = $state("");
  language = $state("");
  fields = $state<FieldRow[]>([]);
  steps = $state.raw<Step[]>([]);
  talk = $state.raw<Talk | null>(null);
  busy = $state(false);
  failure = $state.raw<unknown>(null);
  private plays = 0;

  constructor(
    private readonly api: Pick<FlowsApi, "simulate">,
    readonly source: Source,
    readonly flow: string,
    private readonly begins: Date = new Date(),
  ) {}

  private person(): PersonOf {
    const person: PersonOf = {};
    if (this.name.trim() !== "") person.name = this.name.trim();
    if (this.language !== "") person.language = this.language;
    const fields = this.fields.map(({ key, value }) => [key.trim(), value.trim()] as const).filter(([key, value]) => key !== "" && value !== "");
    if (fields.length > 0) person.fields = Object.fromEntries(fields);
    return person;
  }
  request(steps: Step[] = this.steps): SimulateRequest {
    return { source: this.source, flow: this.flow, look: this.look, contact: this.person(), steps, begins_on: this.begins.toISOString() };
  }

  /** Plays these steps; only when they could be played are they the talk's. */
  private async play(steps: Step[]): Promise<boolean> {
    const play = ++this.plays;
    this.busy = true;
    this.failure = null;
    try {
      const talk = await this.api.simulate(this.request(steps));
      if (play !== this.plays) return false;
      this.talk = talk;
      this.steps = steps;
      return true;
    } catch (error) {
      if (play === this.plays) this.failure = error;
      return false;
    } finally {
      if (play === this.plays) this.busy = false;
    }
  }

  /** From the beginning, without steps. */
  restart = () => this.play([]);
  /** The same steps, after the person or the look was changed. */
  replay = () => this.play(this.steps);
  undo = () => this.play(this.steps.slice(0, -1));
  get full(): boolean {
    return this.steps.length >= MAX_STEPS;
  }
  /** Gives whether the step was taken; if not, `failure` says why and the talk is as it was. */
  async take(step: Step): Promise<boolean> {
    return this.busy || this.full ? false : this.play([...this.steps, step]);
  }
  setLook(look: Look) {
    this.look = look;
    void this.replay();
  }
}

/** The step that a choice of a message stands for: on SMS the person writes its number. */
export function stepOf(bubble: Bubble, choice: Choice): Step {
  if (bubble.choice_style === "numbered") return { says: String(bubble.choices.indexOf(choice) + 1) };
  const alike = bubble.choices.filter((other) => other.text === choice.text).length;
  return { taps: alike > 1 ? choice.id : choice.text };
}

/** The message whose choices are still open: the line's newest, while the flow waits for a message. */
export function openBubble(talk: Talk): Bubble | null {
  if (talk.waiting?.kind !== "message") return null;
  const bubbles = talk.turns.flatMap((turn) => turn.bubbles);
  for (const bubble of bubbles.reverse()) {
    if (bubble.from === "person") return null;
    if (bubble.choices.length > 0) return bubble;
  }
  return null;
}

/** All SMS that the talk would have cost so far; null on other looks. */
export function smsCount(talk: Talk): number | null {
  const counts = talk.turns.flatMap((turn) => turn.bubbles).flatMap((bubble) => (bubble.from === "line" && bubble.segments ? [bubble.segments.count] : []));
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

/** Which call waits, by the first word of what the server says about it. */
export function callOf(about: string | null | undefined): "webhook" | "llm" | "email" | "airtime" | "other" {
  const word = about?.split(/[\s:]/, 1)[0] ?? "";
  return word === "webhook" || word === "llm" || word === "email" || word === "airtime" ? word : "other";
}

/** A web call's answer as typed: JSON where it is JSON, else the text itself. */
export function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A place on earth as a flow's attachment, or null where the text is no latitude and longitude. */
export function placeOf(text: string): string | null {
  const hit = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (!hit || Math.abs(Number(hit[1])) > 90 || Math.abs(Number(hit[2])) > 180) return null;
  return `geo:${hit[1]},${hit[2]}`;
}

/** The number of the step (from 0) that could not be taken, where the server says it. */
export function refusedStep(error: unknown): number | null {
  return error instanceof Problem && typeof error.body.step === "number" ? error.body.step : null;
}
