import type { EvaluationContext, JsonValue, Provider, ResolutionDetails, TrackingEventDetails } from "@openfeature/web-sdk";
import { OpenFeatureEventEmitter } from "@openfeature/web-sdk";

/** What the tag or the package `attune-web` gives. */
export interface AttuneCalls {
  identify(id: string, traits?: object, options?: { token?: string }): Promise<unknown>;
  peek(placement: string): Promise<unknown>;
  track(name: string, fields?: object): Promise<unknown>;
  on(event: string, listener: () => void): Promise<unknown>;
}

/**
 * Placements as flags: whether there is an offer, the id of the best one, or the decision. They are decided in the page,
 * ahead, so that reading a flag waits for nobody.
 */
export declare class AttuneProvider implements Provider {
  constructor(options: { attune: AttuneCalls; placements: string[] });
  readonly metadata: { readonly name: "attune" };
  readonly runsOn: "client";
  readonly events: OpenFeatureEventEmitter;
  initialize(context?: EvaluationContext): Promise<void>;
  onContextChange(before: EvaluationContext, context: EvaluationContext): Promise<void>;
  onClose(): Promise<void>;
  resolveBooleanEvaluation(flag: string, fallback: boolean): ResolutionDetails<boolean>;
  resolveStringEvaluation(flag: string, fallback: string): ResolutionDetails<string>;
  resolveNumberEvaluation(flag: string, fallback: number): ResolutionDetails<number>;
  resolveObjectEvaluation<T extends JsonValue>(flag: string, fallback: T): ResolutionDetails<T>;
  track(name: string, context: EvaluationContext, details?: TrackingEventDetails): void;
}
