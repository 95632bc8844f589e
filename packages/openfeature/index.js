// Placements as OpenFeature flags. The page decides them ahead, because flags are read without waiting: when the provider
// starts, when the context changes, and when consent does.

import { ErrorCode, OpenFeatureEventEmitter, ProviderEvents, StandardResolutionReasons } from "@openfeature/web-sdk";

const REASONS = {
  matched: StandardResolutionReasons.TARGETING_MATCH,
  ranked: StandardResolutionReasons.TARGETING_MATCH,
  split: StandardResolutionReasons.SPLIT,
  holdout: StandardResolutionReasons.SPLIT,
  control: StandardResolutionReasons.SPLIT,
  override: StandardResolutionReasons.STATIC,
  paused: StandardResolutionReasons.DISABLED,
  expired: StandardResolutionReasons.DISABLED,
};
const BEFORE_MS = 3_000;

export class AttuneProvider {
  metadata = { name: "attune" };
  runsOn = "client";
  events = new OpenFeatureEventEmitter();
  #decisions = new Map();

  // `attune` is what the tag or the package `attune-web` gives; `placements` are the flags there are.
  constructor({ attune, placements }) {
    this.attune = attune;
    this.placements = placements;
  }

  async initialize(context) {
    let given;
    const late = new Promise((_, fail) => (given = setTimeout(() => fail(new Error("Attune's tag has not come")), BEFORE_MS)));
    try {
      await Promise.race([this.#settle(context), late]);
    } finally {
      clearTimeout(given);
    }
    this.attune.on("consent", () => this.#changed());
  }

  async onContextChange(_, context) {
    await this.#settle(context);
  }

  async onClose() {
    this.#decisions.clear();
  }

  // Who it is, then what is shown; to peek spends nothing of a frequency limit.
  async #settle({ targetingKey, token, ...traits } = {}) {
    if (targetingKey) await this.attune.identify(targetingKey, traits, { token });
    await this.#decide();
  }

  async #decide() {
    for (const placement of this.placements) {
      const decision = await this.attune.peek(placement);
      if (decision) this.#decisions.set(placement, decision);
      else this.#decisions.delete(placement);
    }
  }

  async #changed() {
    await this.#decide();
    this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [...this.placements] });
  }

  #resolve(flag, fallback, value) {
    if (!this.placements.includes(flag))
      return { value: fallback, reason: StandardResolutionReasons.ERROR, errorCode: ErrorCode.FLAG_NOT_FOUND, errorMessage: `no placement is called ${flag}` };
    const decision = this.#decisions.get(flag);
    if (!decision) return { value: fallback, reason: StandardResolutionReasons.DEFAULT };
    const [offer] = decision.offers;
    const { id, campaign, bundle, reason } = decision;
    return {
      value: offer ? value(decision) : fallback,
      variant: decision.variant || (offer ? offer.id : "default"),
      reason: REASONS[reason] || StandardResolutionReasons.DEFAULT,
      flagMetadata: { decision: id, reason, bundle, campaign: campaign || "" },
    };
  }

  // Whether there is something to show.
  resolveBooleanEvaluation(flag, fallback) {
    return this.#resolve(flag, fallback, () => true);
  }

  // The id of the best offer.
  resolveStringEvaluation(flag, fallback) {
    return this.#resolve(flag, fallback, ({ offers }) => offers[0].id);
  }

  // The decision.
  resolveObjectEvaluation(flag, fallback) {
    return this.#resolve(flag, fallback, (decision) => decision);
  }

  resolveNumberEvaluation(flag, fallback) {
    const found = this.#resolve(flag, fallback, () => fallback);
    if (found.errorCode) return found;
    return { value: fallback, reason: StandardResolutionReasons.ERROR, errorCode: ErrorCode.TYPE_MISMATCH, errorMessage: `${flag} is a placement: a text, an object, or whether there is an offer` };
  }

  track(name, _, { value, ...details } = {}) {
    this.attune.track(name, value === undefined ? details : { ...details, value });
  }
}
