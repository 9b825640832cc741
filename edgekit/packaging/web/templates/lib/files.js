// The files of this package's bundle that are read, each by an address that bundlers see and follow. None is made before it
// is asked for: an app that is one script, no module, has no address to make it of.

/** @type {Record<string, () => URL>} */
export const FILES = {
@@FILES@@
};
