import { mergeConfig } from "vite";
import config from "./vite.config.js";

const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default mergeConfig(config, { server: { headers } });
