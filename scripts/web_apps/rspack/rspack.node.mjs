export default {
  mode: "production",
  target: "node",
  entry: "./node.js",
  output: { path: `${import.meta.dirname}/dist-node` },
};
