import HtmlWebpackPlugin from "html-webpack-plugin";

export default {
  mode: "production",
  entry: "./own.js",
  experiments: { outputModule: true },
  output: { path: `${import.meta.dirname}/modules`, module: true, clean: true },
  plugins: [new HtmlWebpackPlugin({ scriptLoading: "module" })],
};
