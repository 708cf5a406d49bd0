/** The browser's storage. Where it is off or full nothing is remembered, and the page works all the same. */

const PREFIX = "expression.";

/** A value kept in local storage, or null. */
export function read(name, storage = "localStorage") {
  try {
    return JSON.parse(window[storage].getItem(PREFIX + name));
  } catch {
    return null;
  }
}

/** Keeps a value; null removes it. */
export function write(name, value, storage = "localStorage") {
  try {
    if (value === null) window[storage].removeItem(PREFIX + name);
    else window[storage].setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // A private window may refuse: the value is then not kept.
  }
}
