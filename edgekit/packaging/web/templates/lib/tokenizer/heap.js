// A binary heap: what comes first of many, again and again.

/** @template T */
export class Heap {
  /** @param {(one: T, other: T) => number} order below 0 where the first comes first */
  constructor(order) {
    this.order = order;
    /** @type {T[]} */
    this.items = [];
  }

  /** @param {T} item */
  push(item) {
    const items = this.items;
    let place = items.push(item) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.order(items[above], item) <= 0) break;
      items[place] = items[above];
      place = above;
    }
    items[place] = item;
  }

  /** @returns {T | undefined} */
  pop() {
    const items = this.items;
    const first = items[0];
    const last = items.pop();
    if (items.length && last !== undefined) this.sink(last);
    return first;
  }

  /**
   * @private
   * @param {T} item
   */
  sink(item) {
    const items = this.items;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below + 1 < items.length && this.order(items[below + 1], items[below]) < 0) below++;
      if (below >= items.length || this.order(item, items[below]) <= 0) break;
      items[place] = items[below];
      place = below;
    }
    items[place] = item;
  }
}
