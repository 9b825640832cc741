// A text box, and what the model says of the text while it is typed: its label, its labels or a number.

import { MULTI_LABEL, REGRESSION, problemType } from "../lib/head.js";
import { area, button, element, made, showProblem } from "./dom.js";

/** @typedef {import("../index.d.ts").Classifier} Classifier */
/** @typedef {import("../lib/head.js").Answer & { ms: number }} Prediction */
/** @typedef {import("../lib/head.js").Score} Score */
/** @typedef {{ text: string, text_pair: string | null, origin?: string }} Case */
/** @typedef {{ answer: string, share: string, scores: Score[], holding: string[] }} Shown */

// labels that are shown before a person asks for all
const SHOWN = 6;
const REMEMBERED = 50;

/**
 * @param {Classifier} classifier
 * @param {Case[]} golden
 */
export async function startClassifying(classifier, golden) {
  const example = exampleOf(golden.filter(({ text_pair }) => !text_pair));
  const paired = exampleOf(golden.filter(({ text_pair }) => text_pair));
  area("text").value = (paired ?? example)?.text ?? "";
  area("pair").value = paired?.text_pair ?? "";
  element("pair-row").hidden = !paired && !needsPair(classifier);
  element("classifier").hidden = false;
  const live = new Live(classifier);
  for (const id of ["text", "pair"]) area(id).addEventListener("input", () => live.ask());
  button("more").addEventListener("click", () => live.toggle());
  // the first run of a model is slower than any after it
  await classifier.classify(area("text").value, secondText(classifier));
  await live.ask();
}

/** @param {Classifier} classifier */
const needsPair = ({ manifest }) => String(manifest.pairs) === "only";

/**
 * What the second field holds; one left empty is none, unless the model takes nothing but pairs.
 * @param {Classifier} classifier
 */
const secondText = (classifier) => area("pair").value || (needsPair(classifier) ? "" : null);

/**
 * A case that is like what the model is for: a row of data, where there is one; else plain words of its vocabulary.
 * @param {Case[]} cases
 */
function exampleOf(cases) {
  const short = cases.filter(({ text }) => text.length > 10 && text.length < 80);
  const plain = short.filter(({ text, origin }) => origin === "vocabulary" && /^\p{L}[\p{L}\p{M} ]+$/u.test(text));
  return short.find(({ origin }) => !origin) ?? plain[0] ?? cases.find(({ origin }) => origin === "vocabulary") ?? short[0];
}

/** Classifies the newest text, and skips those that were typed over meanwhile. */
class Live {
  /** @param {Classifier} classifier */
  constructor(classifier) {
    this.classifier = classifier;
    this.isBusy = false;
    this.isStale = false;
    this.showsAll = false;
    /** @type {number[]} */
    this.times = [];
    /** @type {Shown | null} */
    this.last = null;
  }

  async ask() {
    this.isStale = true;
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      while (this.isStale) {
        this.isStale = false;
        const prediction = await this.classifier.classify(area("text").value, secondText(this.classifier));
        this.show(/** @type {Prediction} */ (prediction));
      }
    } catch (error) {
      showProblem(error);
    } finally {
      this.isBusy = false;
    }
  }

  toggle() {
    this.showsAll = !this.showsAll;
    if (this.last) this.showScores(this.last);
  }

  /**
   * @private
   * @param {Prediction} prediction
   */
  show(prediction) {
    const shown = shownOf(prediction, problemType(this.classifier.manifest));
    this.last = shown;
    if (element("label").textContent !== shown.answer) element("label").textContent = shown.answer;
    element("score").textContent = shown.share;
    this.showScores(shown);
    this.times = [...this.times, prediction.ms].slice(-REMEMBERED);
    const middle = [...this.times].sort((one, other) => one - other)[this.times.length >> 1];
    element("latency").textContent =
      `${prediction.ms.toFixed(1)} ms, tokenizer included · median of the last ${this.times.length}: ${middle.toFixed(1)} ms`;
  }

  /**
   * @private
   * @param {Shown} shown
   */
  showScores({ scores, holding }) {
    const ranked = [...scores].sort((one, other) => other.score - one.score);
    const first = this.showsAll ? ranked : ranked.slice(0, SHOWN);
    element("scores").replaceChildren(...first.map((each) => row(each, holding.includes(each.label))));
    const more = button("more");
    more.hidden = ranked.length <= SHOWN;
    more.textContent = this.showsAll ? "Show fewer labels" : `Show all ${ranked.length} labels`;
    more.setAttribute("aria-expanded", String(this.showsAll));
  }
}

/**
 * @param {Prediction} prediction
 * @param {unknown} type
 * @returns {Shown}
 */
function shownOf(prediction, type) {
  if (type === REGRESSION) {
    const { value } = /** @type {import("../lib/head.js").Value} */ (prediction);
    return { answer: value.toFixed(4), share: "", scores: [], holding: [] };
  }
  if (type === MULTI_LABEL) {
    const { labels, scores } = /** @type {import("../lib/head.js").Labels} */ (prediction);
    return { answer: labels.join(", ") || "no label holds", share: "", scores, holding: labels };
  }
  const { label, score, scores } = /** @type {import("../lib/head.js").OneLabel} */ (prediction);
  return { answer: label, share: percent(score), scores, holding: [] };
}

/**
 * @param {Score} scored
 * @param {boolean} holds
 */
function row({ label, score }, holds) {
  const item = document.createElement("li");
  item.classList.toggle("holds", holds);
  const bar = made("span", "", "bar");
  bar.style.width = `${100 * score}%`;
  item.append(bar, made("span", label), made("span", percent(score), "share"));
  return item;
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;
