// The post-processors of a tokenizer.json: which special tokens stand around a text and its pair.

import { ModelError } from "../errors.js";

/** @typedef {{ ids: number[], typeIds: number[] }} Encoding */
/** @typedef {{ ids: number[], type: number } | { sequence: "A" | "B", type: number }} Part of a template */
/** @typedef {{ single: Part[], pair: Part[] }} Templates */

/** @type {Part[]} */
const ALONE = [{ sequence: "A", type: 0 }];
/** @type {Templates} */
const PLAIN = { single: ALONE, pair: [...ALONE, { sequence: "B", type: 1 }] };

/** @type {Record<string, (config: any) => Templates>} */
const KINDS = {
  TemplateProcessing: (config) => ({ single: template(config.single, config), pair: template(config.pair, config) }),
  BertProcessing: ({ sep, cls }) => {
    const single = [special(cls, 0), ...ALONE, special(sep, 0)];
    return { single, pair: [...single, { sequence: "B", type: 1 }, special(sep, 1)] };
  },
  RobertaProcessing: ({ sep, cls }) => {
    const single = [special(cls, 0), ...ALONE, special(sep, 0)];
    return { single, pair: [...single, special(sep, 0), { sequence: "B", type: 0 }, special(sep, 0)] };
  },
  // it only moves offsets
  ByteLevel: () => PLAIN,
  Sequence: (config) => sequence(config.processors),
};

/**
 * The templates of a `post_processor`, or of none. Throws for one that is not known.
 * @param {any} config
 * @returns {Templates}
 */
export function templates(config) {
  if (config === null || config === undefined) return PLAIN;
  if (!Object.hasOwn(KINDS, config.type)) {
    throw new ModelError("unsupported", `tokenizer.json has a post-processor ${config.type}`);
  }
  return KINDS[config.type](config);
}

/**
 * How many tokens a template adds.
 * @param {Part[]} parts
 */
export const addedBy = (parts) => parts.reduce((sum, part) => sum + ("ids" in part ? part.ids.length : 0), 0);

/**
 * A template filled in.
 * @param {Part[]} parts
 * @param {number[]} first
 * @param {number[]} second
 * @returns {Encoding}
 */
export function filled(parts, first, second) {
  const ids = [];
  const typeIds = [];
  for (const part of parts) {
    const some = "ids" in part ? part.ids : part.sequence === "A" ? first : second;
    for (const id of some) {
      ids.push(id);
      typeIds.push(part.type);
    }
  }
  return { ids, typeIds };
}

/**
 * @param {[string, number]} token
 * @param {number} type
 * @returns {Part}
 */
const special = ([, id], type) => ({ ids: [id], type });

/**
 * @param {any[]} parts
 * @param {any} config
 * @returns {Part[]}
 */
function template(parts, config) {
  return parts.map((part) => {
    if (part.Sequence) return { sequence: part.Sequence.id, type: part.Sequence.type_id };
    const known = config.special_tokens[part.SpecialToken?.id];
    if (!known) throw new ModelError("invalid", `tokenizer.json has a template with ${JSON.stringify(part)}`);
    return { ids: known.ids, type: part.SpecialToken.type_id };
  });
}

/**
 * @param {any[]} processors
 * @returns {Templates}
 */
function sequence(processors) {
  const adding = processors.filter(({ type }) => type !== "ByteLevel");
  if (adding.length > 1) {
    throw new ModelError("unsupported", "tokenizer.json has several post-processors that add tokens");
  }
  return templates(adding[0] ?? null);
}
