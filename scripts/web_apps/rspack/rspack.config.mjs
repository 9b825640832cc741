import { rspack } from "@rspack/core";

export default {
  mode: "production",
  entry: "./main.js",
  output: { clean: true },
  plugins: [new rspack.HtmlRspackPlugin()],
};
