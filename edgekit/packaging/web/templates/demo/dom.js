// The page's elements by id; whatever comes from a model's files is set as text, never as markup.

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 */
export const element = (id) => /** @type {T} */ (document.getElementById(id));

/** @param {string} id */
export const area = (id) => /** @type {HTMLTextAreaElement} */ (element(id));

/** @param {string} id */
export const button = (id) => /** @type {HTMLButtonElement} */ (element(id));

/**
 * @param {string} tag
 * @param {string} text
 * @param {string} [className]
 */
export function made(tag, text, className = "") {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}

/** @param {unknown} error */
export function showProblem(error) {
  const place = element("problem");
  place.hidden = false;
  place.textContent = error instanceof Error ? error.message : String(error);
}
