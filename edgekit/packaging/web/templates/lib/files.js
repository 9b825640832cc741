// The files of this package's bundle that are read, each by an address that bundlers see and follow.

/** @type {Record<string, URL>} */
export const FILES = {
@@FILES@@
};
