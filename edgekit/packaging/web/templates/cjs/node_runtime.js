// Where this package lies in Node, and how it takes a package beside it: lib/node_runtime.js for CommonJS.

const { join } = require("node:path");

exports.FOLDER = __dirname;
exports.traced = function traced() {
  return join(__dirname, "../lib/traced.js");
};
/** @param {string} name */
exports.imported = async (name) => require(name);
